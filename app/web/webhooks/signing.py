"""What a delivery says, and the signature by which its receiver knows that it is ours and new."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import datetime

from pipeline.records.webhooks import Delivery

SIGNATURE_HEADER = "Earmark-Signature"
DELIVERY_HEADER = "Earmark-Delivery"
EVENT_HEADER = "Earmark-Event"


def body_of(delivery: Delivery, base: str) -> bytes:
    """Return what is sent.

    Args:
        delivery: What happened.
        base: Address under which the console is reached.
    """
    call_id = delivery.payload.get("call_id")
    links = {"call": f"{base}/calls/{call_id}", "api": f"{base}/api/v1/calls/{call_id}"} if call_id else {}
    told = {
        "delivery_id": delivery.delivery_id,
        "event": delivery.event.value,
        "at": delivery.made_at.isoformat(),
        "data": dict(delivery.payload),
        "links": links,
    }
    return json.dumps(told, separators=(",", ":"), sort_keys=True).encode()


def signature(secret: str, body: bytes, at: datetime) -> str:
    """Return the header's value: ``t=<unix>,v1=<hex hmac-sha256 of "t.body">``."""
    moment = int(at.timestamp())
    signed = hmac.new(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256)
    return f"t={moment},v1={signed.hexdigest()}"
