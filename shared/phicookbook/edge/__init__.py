"""Phi at the edge: export to ONNX, quantize, fuse or switch adapters, measure, and a web page that runs offline.

done = export("pocket-headlines", Path("out"), Form("int4"))
open_model("out").chat("...")
"""

from phicookbook.edge.form import Form

__all__ = ["Form", "export"]


def export(*args, **kwargs):
    """See `phicookbook.edge.exporting.export`; here so that importing the package stays light."""
    from phicookbook.edge.exporting import export as run

    return run(*args, **kwargs)
