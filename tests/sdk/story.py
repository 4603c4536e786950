"""One partner's story with the generated client; run inside its own environment: story.py BASE KEY."""

import sys
from datetime import UTC, datetime

from tonglu_client import AuthenticatedClient
from tonglu_client.api.complaints import create_complaint, get_complaint
from tonglu_client.api.identities import upsert_customer_by_identity
from tonglu_client.api.orders import record_order
from tonglu_client.models import (
    ComplaintCreate,
    ComplaintRead,
    CustomerCreate,
    CustomerRead,
    IdentityRef,
    Money,
    OrderCreate,
    OrderRead,
    Problem,
)

base, key = sys.argv[1:]
client = AuthenticatedClient(base_url=base, token=key, prefix="", auth_header_name="X-API-Key")
customer = upsert_customer_by_identity.sync(
    "distributor", "P-1", client=client, body=CustomerCreate(name="永嘉路书店", kind="organisation")
)
assert isinstance(customer, CustomerRead), customer
order = record_order.sync(
    client=client,
    body=OrderCreate(
        identity=IdentityRef(channel="distributor", external_id="P-1"),
        order_no="PY-1",
        ordered_at=datetime(2026, 3, 1, tzinfo=UTC),
        amount=Money(amount_minor=12900, currency="CNY"),
        channel="distributor",
    ),
)
assert isinstance(order, OrderRead), order
assert order.customer_id == customer.id
complaint = create_complaint.sync(
    client=client,
    body=ComplaintCreate(customer_id=customer.id, channel="call", category="quality", subject="封面有折痕"),
)
assert isinstance(complaint, ComplaintRead), complaint
again = get_complaint.sync(complaint.id, client=client)
assert isinstance(again, ComplaintRead), again
assert again.status == "received"
absent = get_complaint.sync(order.id, client=client)
assert isinstance(absent, Problem), absent
assert absent.status == 404
sys.stdout.write(f"{customer.name} {order.order_no} {again.number}\n")
