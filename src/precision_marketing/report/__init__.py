from precision_marketing.report.page import render, write

__all__ = ["render", "write"]
