"""Expressions `${{ … }}`: Jinja2's grammar, our allow-list, generated Python."""
