"""Scrapy on the same site, in a separate process: `python -m bench.spider URL CONNECTIONS`.

Follows the links of every page and keeps nothing: no robots.txt, no delay, no text. Its settings are Scrapy's own but
for the number of requests at once, a silent log (its default writes a line a request, which would cost it more) and no
telnet console. Writes one line of JSON: pages, processor seconds from the start of the process.
"""

from __future__ import annotations

import json
import resource
import sys
from collections.abc import Iterator
from urllib.parse import urljoin

from scrapy import Request, Spider
from scrapy.crawler import CrawlerProcess
from scrapy.http import HtmlResponse, Response
from scrapy.linkextractors import LinkExtractor


class Follower(Spider):
    """Takes every link within the folder of its start url."""

    name = "follower"
    pages = 0

    def __init__(self, start: str) -> None:
        super().__init__()
        self.start_urls = [start]
        self._links = LinkExtractor(allow=f"^{urljoin(start, '.')}")

    def parse(self, response: Response) -> Iterator[Request]:
        """Count one page, and follow its links."""
        if isinstance(response, HtmlResponse):
            Follower.pages += 1
            for link in self._links.extract_links(response):
                yield Request(link.url, self.parse)


def main(start: str, connections: int) -> None:
    """Crawl, and write what it cost."""
    at_once = {"CONCURRENT_REQUESTS": connections, "CONCURRENT_REQUESTS_PER_DOMAIN": connections}
    process = CrawlerProcess(at_once | {"LOG_LEVEL": "ERROR", "TELNETCONSOLE_ENABLED": False})
    process.crawl(Follower, start=start)
    process.start()
    usage = resource.getrusage(resource.RUSAGE_SELF)
    sys.stdout.write(json.dumps({"pages": Follower.pages, "cpu": usage.ru_utime + usage.ru_stime}) + "\n")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
