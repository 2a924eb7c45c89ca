"""The helper package of the Phi Cookbook.

from phicookbook.models import open_model
print(open_model().chat("Say hello.").text)
"""

__version__ = "0.1.0"
