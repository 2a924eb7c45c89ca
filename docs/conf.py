"""Sphinx's settings for the site. `make docs` stages the pages first (phicookbook.book.site) and builds them with this file."""

from phicookbook.book.site.hooks import setup  # noqa: F401  Sphinx calls it

project = "The Phi Cookbook"
author = "The Phi Cookbook's authors"
root_doc = "index"
extensions = ["myst_nb", "sphinx.ext.autodoc"]

# Chapters are shown as they were committed, after Restart & Run All.
nb_execution_mode = "off"
nb_ipywidgets_js = {}  # widgets would come from another host
myst_heading_anchors = 4
myst_enable_extensions = []  # a dollar is a dollar

autodoc_member_order = "bysource"
autodoc_preserve_defaults = True

toc_object_entries = False  # thousands of functions in every page's navigation would take most of the time and room

html_theme = "sphinx_book_theme"
html_title = project
html_favicon = "icon.svg"
html_static_path = ["docs/_static"]
html_extra_path = ["extra"]  # the page of chapter 06, unchanged
html_css_files = ["site.css"]
html_js_files = ["site.js"]
html_copy_source = False
html_show_sourcelink = False
html_show_copyright = False
html_theme_options = {
    "use_download_button": False,
    "use_fullscreen_button": False,
    "show_toc_level": 2,
    "max_navbar_depth": 2,
    "navigation_with_keys": False,
}
