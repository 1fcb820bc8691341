"""`python -m handpick`: the same as the command."""

import sys

from handpick.command import main

if __name__ == "__main__":  # worker processes import it under another name
    sys.exit(main())
