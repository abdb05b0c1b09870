"""Repairs what moto 5.2.5 does otherwise than AWS. Each function repairs one difference; README.md lists them."""

import itertools
from ipaddress import ip_address, ip_network

from moto.core.responses import ActionResult
from moto.ec2.exceptions import EC2ClientError
from moto.ec2.models import EC2Backend
from moto.ec2.models import elastic_ip_addresses, elastic_network_interfaces, vpcs
from moto.ec2.models.elastic_network_interfaces import NetworkInterface
from moto.ec2.models.instances import Instance
from moto.ec2.models.subnets import Subnet
from moto.ec2.responses.instances import InstanceResponse
from moto.ec2.responses.key_pairs import KeyPairs
from moto.ec2.responses.subnets import Subnets
from moto.elbv2 import models as elbv2

# RFC 2544: for tests of network devices, never routed on the Internet.
PUBLIC_POOL = ip_network("198.18.0.0/22")
FIRST_PUBLIC = 10


def repair_all() -> None:
    addresses_come_from_the_pool()
    interfaces_hold_the_groups()
    interfaces_without_public_address_have_no_association()
    source_dest_check_is_one_value()
    addresses_in_use_are_refused()
    terminated_instances_release_their_interfaces()
    balancers_are_network_balancers()
    tags_go_with_their_resource()
    reservations_keep_their_description()
    key_pairs_are_deleted_by_id()
    networks_get_ipv6_of_the_documentation()
    instances_get_their_ipv6_addresses()
    ipv6_networks_of_subnets_have_a_state()


def addresses_come_from_the_pool() -> None:
    """moto hands out addresses that belong to other people."""
    numbers = itertools.count(FIRST_PUBLIC)

    def next_address() -> str:
        return str(PUBLIC_POOL[next(numbers)])

    elastic_ip_addresses.random_ip = next_address
    elastic_network_interfaces.random_public_ip = next_address


def interfaces_hold_the_groups() -> None:
    """On AWS an instance's groups are those of its primary interface. moto keeps two lists, and mixes them."""

    def groups_of(instance):
        nics = getattr(instance, "nics", None)
        return nics[0]._group_set if nics else instance.first_groups

    NetworkInterface.group_set = property(lambda eni: eni._group_set)
    Instance.dynamic_group_list = property(groups_of)
    # The constructor sets them before the instance has an interface.
    Instance.security_groups = property(
        groups_of, lambda instance, groups: setattr(instance, "first_groups", groups)
    )

    def modify(backend, instance_id, new_group_id_list):
        instance = backend.get_instance(instance_id)
        groups = [backend.get_security_group_from_id(each) for each in new_group_id_list]
        instance.nics[0]._group_set = groups
        return instance

    EC2Backend.modify_instance_security_groups = modify


def interfaces_without_public_address_have_no_association() -> None:
    """moto answers an empty association, which the provider reads as a public address."""
    with_public = NetworkInterface.association.fget
    NetworkInterface.association = property(lambda eni: with_public(eni) if eni.public_ip else None)


def is_true(value) -> bool:
    return str(value).lower() == "true"


def source_dest_check_is_one_value() -> None:
    """moto keeps the check of an instance apart from the one of its interface."""
    modify_instance = EC2Backend.modify_instance_attribute
    modify_interface = EC2Backend.modify_network_interface_attribute

    def instance_attribute(backend, instance_id, key, value):
        if key != "source_dest_check":
            return modify_instance(backend, instance_id, key, value)
        instance = backend.get_instance(instance_id)
        instance.source_dest_check = instance.nics[0].source_dest_check = is_true(value)
        return instance

    def interface_attribute(backend, eni_id, group_ids, source_dest_check=None, description=None):
        modify_interface(backend, eni_id, group_ids, None, description)
        if source_dest_check is None:
            return
        eni = backend.get_network_interface(eni_id)
        eni.source_dest_check = is_true(source_dest_check)
        if eni.instance:
            eni.instance.source_dest_check = eni.source_dest_check

    EC2Backend.modify_instance_attribute = instance_attribute
    EC2Backend.modify_network_interface_attribute = interface_attribute


def used_addresses(backend, subnet) -> set:
    return {eni.private_ip_address for eni in backend.enis.values() if eni.subnet.id == subnet.id}


def addresses_in_use_are_refused() -> None:
    """moto fails with HTTP 500, which clients retry for minutes."""

    def request_ip(subnet, ip, instance):
        if ip_address(ip) not in subnet.cidr:
            raise EC2ClientError(
                "InvalidParameterValue", f"Address {ip} does not fall within the subnet's address range"
            )
        if ip in used_addresses(subnet.ec2_backend, subnet):
            raise EC2ClientError("InvalidIPAddress.InUse", f"Address {ip} is in use.")

    Subnet.request_ip = request_ip


def terminated_instances_release_their_interfaces() -> None:
    """moto keeps the interface and the address of a terminated instance."""
    terminate = Instance.terminate

    def terminate_and_release(instance):
        previous = terminate(instance)
        backend = instance.ec2_backend
        for eni in instance.nics.values():
            for address in backend.addresses:
                if address.eni is eni:
                    backend.disassociate_address(address=address.public_ip)
            backend.enis.pop(eni.id, None)
            eni.public_ip = None
        return previous

    Instance.terminate = terminate_and_release
    Instance.network_interfaces = property(
        lambda instance: [] if instance.state == "terminated" else list(instance.nics.values())
    )


class SubnetOfBalancer:
    """A subnet of a balancer as DescribeLoadBalancers names it."""

    def __init__(self, subnet, address, public_address):
        self.subnet_id = subnet.id
        self.zone_name = subnet.availability_zone
        self.load_balancer_addresses = [
            {
                "IpAddress": public_address.public_ip,
                "AllocationId": public_address.allocation_id,
            }
        ] if public_address else []
        self.private_address = address


def free_address(backend, subnet) -> str:
    """
    Returns an address for an interface that AWS chooses one for. AWS takes any that is free and not reserved. This takes
    the first from the subnet's tenth on, so that a program that reserves nothing loses one that it counts on.
    """
    taken = used_addresses(backend, subnet)
    reserved = [each.cidr for each in subnet._cidr_reservations]
    for host in list(subnet.cidr.hosts())[9:]:
        if str(host) not in taken and not any(host in cidr for cidr in reserved):
            return str(host)
    raise EC2ClientError("InsufficientFreeAddressesInSubnet", f"No free address in {subnet.id}")


def balancers_are_network_balancers() -> None:
    """moto's network balancers have no addresses, no scheme, no interface, and the ARN of another kind."""
    make_arn = elbv2.make_arn_for_load_balancer
    create = elbv2.ELBv2Backend.create_load_balancer
    delete = elbv2.ELBv2Backend.delete_load_balancer
    set_groups = elbv2.ELBv2Backend.set_security_groups

    def arn(**names):
        return make_arn(**names).replace(":loadbalancer/app/", ":loadbalancer/net/")

    def create_network_balancer(backend, name, security_groups, subnet_ids, subnet_mappings=None, **more):
        if more.get("loadbalancer_type") != "network":
            raise elbv2.RESTError("ValidationError", "the rehearsal knows balancers of type network only")
        if any(each.name == name for each in backend.load_balancers.values()):
            raise elbv2.DuplicateLoadBalancerName()
        ec2 = backend.ec2_backend
        mappings = subnet_mappings or [{"SubnetId": each} for each in subnet_ids]
        elastic = [
            ec2.address_by_allocation([each["AllocationId"]])[0] if each.get("AllocationId") else None
            for each in mappings
        ]
        if any(each is not None and each.association_id for each in elastic):
            raise elbv2.RESTError("ResourceInUse", "The allocation IDs are not available for use")
        more["scheme"] = more.get("scheme") or "internet-facing"
        balancer = create(backend, name, security_groups, [], mappings, **more)
        balancer.interfaces, balancer.zones = [], []
        for mapping, public in zip(mappings, elastic):
            subnet = ec2.get_subnet(mapping["SubnetId"])
            eni = ec2.create_network_interface(
                subnet,
                free_address(ec2, subnet),
                group_ids=list(security_groups),
                description=f"ELB net/{name}/{balancer.arn.split('/')[-1]}",
            )
            eni.requester_managed = True
            eni.status = "in-use"
            if public:
                ec2.associate_address(eni=eni, allocation_id=public.allocation_id)
            balancer.interfaces.append(eni)
            balancer.zones.append(SubnetOfBalancer(subnet, eni.private_ip_address, public))
        return balancer

    def delete_network_balancer(backend, arn):
        balancer = backend.load_balancers.get(arn)
        delete(backend, arn)
        if balancer is None:
            return
        ec2 = backend.ec2_backend
        for group in backend.target_groups.values():
            if arn in group.load_balancer_arns:
                group.load_balancer_arns.remove(arn)
        for eni in balancer.interfaces:
            for address in ec2.addresses:
                if address.eni is eni:
                    ec2.disassociate_address(address=address.public_ip)
            ec2.enis.pop(eni.id, None)

    def set_security_groups(backend, arn, sec_groups):
        set_groups(backend, arn, sec_groups)
        for eni in backend.load_balancers[arn].interfaces:
            eni._group_set = [backend.ec2_backend.get_security_group_from_id(each) for each in sec_groups]

    elbv2.make_arn_for_load_balancer = arn
    elbv2.FakeLoadBalancer.availability_zones = property(lambda balancer: balancer.zones)
    elbv2.ELBv2Backend.create_load_balancer = create_network_balancer
    elbv2.ELBv2Backend.delete_load_balancer = delete_network_balancer
    elbv2.ELBv2Backend.set_security_groups = set_security_groups


def living(backend) -> set:
    """Ids of everything in a region that can have tags, except instances: AWS describes those for an hour after their end."""
    groups = [group for by_id in backend.groups.values() for group in by_id.values()]
    rules = [rule.id for group in groups for rule in group.ingress_rules + group.egress_rules]
    subnets = [subnet for by_id in backend.subnets.values() for subnet in by_id.values()]
    return {
        *backend.vpcs,
        *backend.internet_gateways,
        *backend.route_tables,
        *backend.enis,
        *backend.volumes,
        *(group.id for group in groups),
        *rules,
        *(subnet.id for subnet in subnets),
        *(each.id for subnet in subnets for each in subnet._cidr_reservations),
        *(address.allocation_id for address in backend.addresses),
        *(pair.id for pair in backend.key_pairs.values()),
    }


# Prefixes of the ids that `living` knows.
TAGGED = ("vpc-", "igw-", "rtb-", "eni-", "vol-", "sg-", "sgr-", "subnet-", "scr-", "eipalloc-", "key-")


def tags_go_with_their_resource() -> None:
    """moto keeps the tags of what was deleted."""
    describe = EC2Backend.describe_tags

    def describe_living(backend, filters=None):
        alive = living(backend)
        for resource in list(backend.tags):
            if resource.startswith(TAGGED) and resource not in alive:
                del backend.tags[resource]
        return describe(backend, filters)

    EC2Backend.describe_tags = describe_living


def reservations_keep_their_description() -> None:
    """moto drops it, and the provider would replace the reservation to set it again."""
    create = Subnets.create_subnet_cidr_reservation

    def create_with_description(response):
        answer = create(response)
        answer.result["SubnetCidrReservation"].description = response._get_param("Description")
        return answer

    Subnets.create_subnet_cidr_reservation = create_with_description


def key_pairs_are_deleted_by_id() -> None:
    """AWS deletes a key pair by KeyName or by KeyPairId. moto reads the name only, and reports success."""
    delete = KeyPairs.delete_key_pair

    def delete_by_name_or_id(response):
        wanted = response._get_param("KeyPairId")
        for pair in list(response.ec2_backend.key_pairs.values()):
            if pair.id == wanted:
                response.ec2_backend.delete_key_pair(pair.key_name)
                return ActionResult({"Return": True, "KeyPairId": pair.id})
        return delete(response)

    KeyPairs.delete_key_pair = delete_by_name_or_id


def networks_get_ipv6_of_the_documentation() -> None:
    """moto gives a VPC a random /56 that belongs to Amazon. This one is of RFC 3849, never routed on the Internet."""
    numbers = itertools.count(1)
    vpcs.random_ipv6_cidr = lambda: f"2001:db8:0:{next(numbers) * 256:x}::/56"


def instances_get_their_ipv6_addresses() -> None:
    """moto ignores the addresses that RunInstances names, for the instance or for its interface."""
    run = InstanceResponse.run_instances
    prepare = Instance.prep_nics
    named = []

    def run_with_addresses(response):
        interfaces = response._get_param("NetworkInterfaces", [])
        requested = [*response._get_param("Ipv6Addresses", []), *(interfaces[0].get("Ipv6Addresses", []) if interfaces else [])]
        named[:] = [each["Ipv6Address"] for each in requested]
        return run(response)

    def prepare_with_addresses(instance, *args, **kwargs):
        prepare(instance, *args, **kwargs)
        eni = instance.nics[0]
        blocks = [each["ipv6CidrBlock"] for each in eni.subnet.ipv6_cidr_block_association_set]
        for address in named:
            if not any(ip_address(address) in ip_network(block) for block in blocks):
                raise EC2ClientError(
                    "InvalidParameterValue", f"Address {address} does not fall within the subnet's IPv6 range"
                )
            if any(address in other.ipv6_addresses for other in eni.ec2_backend.enis.values()):
                raise EC2ClientError("InvalidParameterValue", f"IPv6 address {address} is already assigned")
        eni.ipv6_addresses = list(named)

    InstanceResponse.run_instances = run_with_addresses
    Instance.prep_nics = prepare_with_addresses


def ipv6_networks_of_subnets_have_a_state() -> None:
    """moto answers a structure where the state should be, and the provider waits for `associated` in vain."""
    Subnet.ipv6_cidr_block_association_set = property(
        lambda subnet: [
            {
                "ipv6CidrBlock": each["ipv6CidrBlock"],
                "associationId": each["associationId"],
                "ipv6CidrBlockState": {"state": each["ipv6CidrBlockState"]["State"]},
            }
            for each in subnet.ipv6_cidr_block_associations.values()
            if each["ipv6CidrBlockState"]["State"] == "associated"
        ]
    )
