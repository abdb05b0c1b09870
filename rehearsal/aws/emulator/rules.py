"""Adds the refusals of AWS that moto lacks: what is in use can't be deleted, detached or released."""

from moto.ec2.exceptions import DependencyViolationError, EC2ClientError
from moto.ec2.models import EC2Backend


def add_all() -> None:
    groups_in_use_stay()
    subnets_in_use_stay()
    gateways_in_use_stay_attached()
    networks_in_use_stay()
    addresses_in_use_stay()
    interfaces_in_use_stay()


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
