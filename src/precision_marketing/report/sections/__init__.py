"""One module a section of the report, in the order of their names.

A module ``<nn>_<name>.py`` here is found by itself. It says in ``SECTION`` what it is
called, which public tables it reads and what would fill them, and yields its blocks.
"""
