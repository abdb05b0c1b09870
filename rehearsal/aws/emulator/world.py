"""Describes what the API holds as one JSON document: what the data plane has to make real, and every resource there is."""

import json
import os

from moto.core import DEFAULT_ACCOUNT_ID
from moto.ec2.models import ec2_backends
from moto.elbv2.models import elbv2_backends

ACCOUNT = DEFAULT_ACCOUNT_ID


def pairs():
    """The EC2 and balancing backends of each region that was asked for."""
    for region, ec2 in dict(ec2_backends[ACCOUNT]).items():
        yield region, ec2, elbv2_backends[ACCOUNT][region]


def own_vpcs(ec2) -> list:
    """Every region of an account has a default network, which no lab made."""
    return [vpc for vpc in ec2.vpcs.values() if not vpc.is_default]


def rules_of(rules) -> list:
    return [
        {
            "protocol": rule.ip_protocol,
            "from": rule.from_port,
            "to": rule.to_port,
            "cidr": rule.cidr_ipv4 or rule.cidr_ipv6,
            "group": (rule.source_group or {}).get("GroupId"),
        }
        for rule in rules
    ]


def route_of(ec2, route) -> dict:
    if route.gateway is not None:
        via = {"gateway": route.gateway.id}
    elif route.interface is not None and route.interface.id in ec2.enis:
        via = {"interface": route.interface.id}
    else:
        via = None
    return {"destination": route.destination_cidr_block or route.destination_ipv6_cidr_block, "via": via}


def ipv6_of(part):
    """The IPv6 network of a VPC or a subnet; None if it has none."""
    return next((each["ipv6CidrBlock"] for each in part.ipv6_cidr_block_association_set), None)


def table_of(ec2, subnet) -> str:
    tables = [table for table in ec2.route_tables.values() if table.vpc_id == subnet.vpc_id]
    own = [table for table in tables if subnet.id in table._associations.values()]
    return (own or [table for table in tables if table.main_association_id])[0].id


def interface_of(eni) -> dict:
    return {
        "id": eni.id,
        "vpc": eni.vpc_id,
        "subnet": eni.subnet.id,
        "privateIp": eni.private_ip_address,
        "publicIp": eni.public_ip,
        "ip6": (eni.ipv6_addresses or [None])[0],
        "sourceDestCheck": bool(eni.source_dest_check),
        "groups": [group.id for group in eni._group_set],
    }


def instance_of(ec2, instance) -> dict:
    options = instance.metadata_options
    pair = ec2.key_pairs.get(instance.key_name)
    return {
        "id": instance.id,
        "interface": instance.nics[0].id,
        "type": instance.instance_type,
        "zone": instance.availability_zone,
        "image": instance.image_id,
        "state": instance.state,
        "userData": str(instance.user_data or ""),
        "key": {"name": pair.key_name, "public": pair.public_key} if pair else None,
        "metadata": {
            "enabled": options.http_endpoint == "enabled",
            "tokensRequired": options.http_tokens == "required",
            "hopLimit": options.http_put_response_hop_limit,
        },
    }


def target_group_of(group) -> dict:
    return {
        "port": int(group.port),
        "preserveClientIp": str(group.attributes.get("preserve_client_ip.enabled", "true")).lower() == "true",
        "instances": [
            {"id": target["Id"], "port": int(target.get("Port") or group.port)} for target in group.targets.values()
        ],
        "health": {
            "protocol": group.health_check_protocol,
            "path": group.health_check_path,
            "port": group.health_check_port,
            "interval": int(group.health_check_interval_seconds),
            "timeout": int(group.health_check_timeout_seconds),
            "healthy": int(group.healthy_threshold_count),
            "unhealthy": int(group.unhealthy_threshold_count),
        },
    }


def listener_of(elb, listener) -> dict:
    arns = [action.data.get("TargetGroupArn") for action in listener.default_actions]
    groups = [elb.target_groups[arn] for arn in arns if arn in elb.target_groups]
    return {
        "port": int(listener.port),
        "protocol": listener.protocol,
        "targets": target_group_of(groups[0]) if groups else None,
    }


def balancer_of(elb, balancer) -> dict:
    return {
        "id": balancer.arn.split("/")[-1],
        "interface": balancer.interfaces[0].id,
        "listeners": [listener_of(elb, each) for each in balancer.listeners.values()],
    }


def resources_of(region, ec2, elb) -> list:
    """Every resource of a region by kind and id, except what every account has."""
    own = {vpc.id for vpc in own_vpcs(ec2)}
    subnets = [each for by_id in ec2.subnets.values() for each in by_id.values() if each.vpc_id in own]
    found = [
        *(("instance", each.id) for each in ec2.all_instances() if each.state != "terminated"),
        *(("vpc", each) for each in own),
        *(("subnet", each.id) for each in subnets),
        *(("address reservation", r.id) for each in subnets for r in each._cidr_reservations),
        *(("internet gateway", each) for each in ec2.internet_gateways),
        *(("route table", each.id) for each in ec2.route_tables.values() if each.vpc_id in own),
        *(("network ACL", each.id) for each in ec2.network_acls.values() if each.vpc_id in own),
        *(("security group", g.id) for vpc, groups in ec2.groups.items() if vpc in own for g in groups.values()),
        *(("network interface", each) for each in ec2.enis),
        *(("elastic IP", each.allocation_id) for each in ec2.addresses),
        *(("key pair", each) for each in ec2.key_pairs),
        *(("volume", each) for each in ec2.volumes),
        *(("snapshot", each) for each in ec2.snapshots if ec2.snapshots[each].owner_id == ACCOUNT and not from_image(ec2, each)),
        *(("launch template", each) for each in ec2.launch_templates),
        *(("NAT gateway", each) for each in ec2.nat_gateways),
        *(("placement group", each) for each in getattr(ec2, "placement_groups", {})),
        *(("load balancer", each) for each in elb.load_balancers),
        *(("target group", each) for each in elb.target_groups),
    ]
    return [{"region": region, "kind": kind, "id": id} for kind, id in found]


def from_image(ec2, snapshot) -> bool:
    return "AMI" in (ec2.snapshots[snapshot].description or "")


def describe() -> dict:
    world = {
        "vpcs": [], "subnets": [], "tables": [], "groups": [], "interfaces": [], "instances": [], "balancers": [],
        "resources": [],
    }
    for region, ec2, elb in pairs():
        own = {vpc.id for vpc in own_vpcs(ec2)}
        attached = {each.vpc.id: each.id for each in ec2.internet_gateways.values() if each.vpc}
        subnets = [each for by_id in ec2.subnets.values() for each in by_id.values() if each.vpc_id in own]
        world["vpcs"] += [
            {"id": vpc.id, "region": region, "cidr": vpc.cidr_block, "cidr6": ipv6_of(vpc), "gateway": attached.get(vpc.id)}
            for vpc in own_vpcs(ec2)
        ]
        world["subnets"] += [
            {"id": each.id, "vpc": each.vpc_id, "cidr": each.cidr_block, "cidr6": ipv6_of(each), "table": table_of(ec2, each)}
            for each in subnets
        ]
        world["tables"] += [
            {
                "id": table.id,
                "vpc": table.vpc_id,
                "routes": [
                    route_of(ec2, route)
                    for route in table._routes.values()
                    if (route.destination_cidr_block or route.destination_ipv6_cidr_block) and not route.local
                ],
            }
            for table in ec2.route_tables.values()
            if table.vpc_id in own
        ]
        world["groups"] += [
            {"id": group.id, "ingress": rules_of(group.ingress_rules), "egress": rules_of(group.egress_rules)}
            for vpc, groups in ec2.groups.items()
            if vpc in own
            for group in groups.values()
        ]
        world["interfaces"] += [interface_of(each) for each in ec2.enis.values() if each.vpc_id in own]
        world["instances"] += [
            instance_of(ec2, each) for each in ec2.all_instances() if each.state != "terminated" and each.vpc_id in own
        ]
        world["balancers"] += [balancer_of(elb, each) for each in elb.load_balancers.values()]
        world["resources"] += resources_of(region, ec2, elb)
    return world


def write(file: str) -> None:
    """Replaces the document in one step. It holds user data, and so it is its owner's alone."""
    scratch = f"{file}.part"
    with os.fdopen(os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
        json.dump(describe(), out)
    os.replace(scratch, file)
