"""`python -m shopnb` is the command `shopnb`."""

import sys

from shopnb.cli import main

if __name__ == "__main__":
    sys.exit(main())
