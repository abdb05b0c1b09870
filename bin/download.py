"""Downloads a URL to a file: download.py URL FILE. For hosts without curl and wget."""
import shutil
import sys
import urllib.request

url, file = sys.argv[1:]
try:
    with urllib.request.urlopen(url, timeout=30) as answer, open(file, "wb") as out:
        shutil.copyfileobj(answer, out)
except OSError as error:
    sys.exit(str(error))
