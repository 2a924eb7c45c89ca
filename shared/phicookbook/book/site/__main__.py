"""python -m phicookbook.book.site."""

import sys

from phicookbook.book.site import build
from phicookbook.settings import CookbookError

if __name__ == "__main__":
    print("building the site: about half a minute", flush=True)
    try:
        print(f"open {build() / 'index.html'}")
    except CookbookError as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit(130)
