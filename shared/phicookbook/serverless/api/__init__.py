"""The routes of the service, one file a resource; `app.py` puts them together.

app = create_app(Config(folder=Path("data")))
"""
