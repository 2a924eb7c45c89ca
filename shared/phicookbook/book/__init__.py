"""Running the book: execute its chapters, keep the ledger of claims, check exercises.

from phicookbook.book import check, claim
claim("headlines.one-word", 1.0, n=300)
check("4.1", my_answer)
"""

from phicookbook.book.claims import claim
from phicookbook.book.exercises import check

__all__ = ["check", "claim"]
