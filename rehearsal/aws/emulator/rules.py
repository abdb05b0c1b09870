"""Adds the refusals of AWS that moto lacks: what is in use can't be deleted, detached or released."""

from ipaddress import ip_network

from moto.ec2.exceptions import DependencyViolationError, EC2ClientError
from moto.ec2.models import EC2Backend


def add_all() -> None:
    groups_in_use_stay()
    subnets_in_use_stay()
    gateways_in_use_stay_attached()
    networks_in_use_stay()
    addresses_in_use_stay()
    interfaces_in_use_stay()
    ipv6_networks_in_use_stay()
    ipv6_routes_leave_the_vpc()


def before(method: str, check) -> None:
    """Runs `check` with the arguments of a backend's method first. It raises what AWS answers."""
    original = getattr(EC2Backend, method)

    def checked(backend, *args, **kwargs):
        check(backend, *args, **kwargs)
        return original(backend, *args, **kwargs)

    setattr(EC2Backend, method, checked)


def groups_in_use_stay() -> None:
    def check(backend, name=None, group_id=None):
        users = [eni for eni in backend.enis.values() if any(group.id == group_id for group in eni._group_set)]
        named = [
            rule
            for groups in backend.groups.values()
            for group in groups.values()
            if group.id != group_id
            for rule in group.ingress_rules + group.egress_rules
            if (rule.source_group or {}).get("GroupId") == group_id
        ]
        if users or named:
            raise DependencyViolationError(f"resource {group_id} has a dependent object")

    before("delete_security_group", check)


def subnets_in_use_stay() -> None:
    def check(backend, subnet_id):
        if any(eni.subnet.id == subnet_id for eni in backend.enis.values()):
            raise DependencyViolationError(
                f"The subnet '{subnet_id}' has dependencies and cannot be deleted."
            )

    before("delete_subnet", check)


def gateways_in_use_stay_attached() -> None:
    def check(backend, internet_gateway_id, vpc_id):
        if any(eni.public_ip for eni in backend.enis.values() if eni.vpc_id == vpc_id):
            raise DependencyViolationError(
                f"Network {vpc_id} has some mapped public address(es). "
                "Please unmap those public address(es) before detaching the gateway."
            )

    before("detach_internet_gateway", check)


def networks_in_use_stay() -> None:
    def check(backend, vpc_id):
        gateways = [each for each in backend.internet_gateways.values() if each.vpc and each.vpc.id == vpc_id]
        groups = [group for group in backend.groups.get(vpc_id, {}).values() if group.name != "default"]
        if gateways or groups:
            raise DependencyViolationError(f"The vpc '{vpc_id}' has dependencies and cannot be deleted.")

    before("delete_vpc", check)


def addresses_in_use_stay() -> None:
    def check(backend, address=None, allocation_id=None):
        for each in backend.addresses:
            if each.allocation_id == allocation_id and each.association_id:
                raise EC2ClientError("InvalidIPAddress.InUse", f"Address {each.public_ip} is in use.")

    before("release_address", check)

    def of_balancer(backend, address=None, association_id=None):
        for each in backend.addresses:
            managed = each.eni is not None and each.eni.requester_managed and each.eni.id in backend.enis
            if association_id and each.association_id == association_id and managed:
                raise EC2ClientError(
                    "OperationNotPermitted", f"You do not have permission to disassociate {each.public_ip}."
                )

    before("disassociate_address", of_balancer)


def interfaces_in_use_stay() -> None:
    def check(backend, eni_id):
        eni = backend.enis.get(eni_id)
        if eni is not None and eni.status == "in-use":
            raise EC2ClientError(
                "InvalidNetworkInterface.InUse", f"The network interface {eni_id} is currently in use"
            )

    before("delete_network_interface", check)


def ipv6_networks_in_use_stay() -> None:
    def check(backend, association_id):
        for vpc in backend.vpcs.values():
            mine = vpc._cidr_block_association_set.get(association_id)
            if not mine or "::/" not in mine["cidr_block"]:
                continue
            for subnet in backend.subnets_of(vpc.id):
                if subnet.ipv6_cidr_block_association_set:
                    raise EC2ClientError(
                        "InvalidCidrBlock.InUse", f"The vpc {vpc.id} currently has a subnet within CIDR block {mine['cidr_block']}"
                    )

    EC2Backend.subnets_of = lambda backend, vpc_id: [
        subnet for by_id in backend.subnets.values() for subnet in by_id.values() if subnet.vpc_id == vpc_id
    ]
    before("disassociate_vpc_cidr_block", check)


# Routes to a part of it are refused: https://docs.aws.amazon.com/vpc/latest/userguide/subnet-route-tables.html
RESERVED = ip_network("fd00:ec2::/32")


def ipv6_routes_leave_the_vpc() -> None:
    """A route more specific than the VPC's own must be for a whole subnet, and none may be for Amazon's services."""

    def check(backend, route_table_id, destination_cidr_block=None, destination_ipv6_cidr_block=None, *args, local=False, **more):
        if local or not destination_ipv6_cidr_block:
            return
        wanted = ip_network(destination_ipv6_cidr_block)
        vpc = backend.vpcs[backend.get_route_table(route_table_id).vpc_id]
        subnets = [each["ipv6CidrBlock"] for one in backend.subnets_of(vpc.id) for each in one.ipv6_cidr_block_association_set]
        blocks = [ip_network(each["ipv6CidrBlock"]) for each in vpc.ipv6_cidr_block_association_set]
        is_inside = any(wanted.subnet_of(block) for block in blocks) and str(wanted) not in subnets
        if wanted.subnet_of(RESERVED) or is_inside:
            raise EC2ClientError(
                "InvalidParameterValue", f"The destination CIDR block {wanted} is not valid for a route of this table"
            )

    before("create_route", check)
