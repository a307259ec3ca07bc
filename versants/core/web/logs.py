"""Logs as JSON lines: what, when, how long, a request id. Never a token, a name, a query string or a body."""

from __future__ import annotations

import json
import logging
from contextvars import ContextVar
from datetime import UTC, datetime

request_id: ContextVar[str] = ContextVar("versants_request_id", default="")


class JsonFormatter(logging.Formatter):
    """One line per record. Exceptions are named by type and place; their text may hold data and stays out."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.msg if isinstance(record.msg, str) else type(record.msg).__name__,
        }
        if request_id.get():
            line["request"] = request_id.get()
        line.update(getattr(record, "facts", {}))
        if record.exc_info and record.exc_info[0] is not None:
            line["error"] = record.exc_info[0].__name__
            trace = record.exc_info[2]
            places = []
            while trace is not None:
                code = trace.tb_frame.f_code
                places.append(f"{code.co_filename.rsplit('/', 2)[-1]}:{trace.tb_lineno}")
                trace = trace.tb_next
            line["places"] = places[-6:]
        return json.dumps(line, ensure_ascii=False, default=str)
