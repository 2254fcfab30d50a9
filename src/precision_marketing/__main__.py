"""``python -m precision_marketing`` is the command ``precision-marketing``."""

from precision_marketing.cli import main

raise SystemExit(main())
