"""Running the book: execute its chapters, keep the ledger of claims, measure what a chapter costs.

from phicookbook.book import claim
claim("headlines.one-word", 1.0, n=300)
"""

from phicookbook.book.claims import claim

__all__ = ["claim"]
