"""python -m phicookbook.cli run 04."""

import sys

from phicookbook.cli import main

if __name__ == "__main__":
    sys.exit(main())
