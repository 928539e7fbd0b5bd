import signal
import sys

from simulator.cli import main

# A job that is stopped by its caller ends as cleanly as one stopped by Ctrl-C.
signal.signal(signal.SIGTERM, signal.default_int_handler)
sys.exit(main())
