import * as ec2 from '@aws-sdk/client-ec2';
import { isIpv6 } from '../../util/cidr6';
import { describingErrors, gathered } from '../cloud-client';
import { awsError } from './client-errors';
import { clientOptions } from './client-options';

/** A row of a VPC's route table. */
export interface AwsRoute {
  table: string;
  destination: string;
  /** Id of the target: a network interface or a gateway. */
  target: string;
  /** Private address of the target, of the destination's family, if it is a network interface. */
  address?: string;
  /** `active`, or `blackhole` if the target does not exist any more. */
  state: string;
}

const described = describingErrors(awsError);

/** Returns the address of a network interface in the family of a route's destination. */
function addressOf(
  found: ec2.NetworkInterface | undefined,
  { destination }: Pick<AwsRoute, 'destination'>,
): string | undefined {
  if (isIpv6(destination)) return found?.Ipv6Addresses?.[0]?.Ipv6Address;
  return found?.PrivateIpAddress;
}

/** Reads the route tables of a lab's VPC. */
export const readRoutes = (lab: string, region: string): Promise<AwsRoute[]> =>
  described(async () => {
    const client = new ec2.EC2Client(clientOptions(region));
    const tables = await gathered(
      ec2.paginateDescribeRouteTables(
        { client },
        { Filters: [{ Name: 'tag:hardway-lab', Values: [lab] }] },
      ),
      ({ RouteTables }) => RouteTables,
    );
    const rows = tables.flatMap(({ RouteTableId: table = '', Routes = [] }) =>
      Routes.flatMap((route) => {
        const destination = route.DestinationCidrBlock ?? route.DestinationIpv6CidrBlock;
        if (destination === undefined) return [];
        const target = route.NetworkInterfaceId ?? route.GatewayId ?? 'nothing';
        return [{ table, destination, target, state: route.State ?? 'active' }];
      }),
    );
    const ids = [...new Set(rows.map(({ target }) => target))].filter((id) =>
      id.startsWith('eni-'),
    );
    if (ids.length === 0) return rows;
    const interfaces = await gathered(
      ec2.paginateDescribeNetworkInterfaces(
        { client },
        { Filters: [{ Name: 'network-interface-id', Values: ids }] },
      ),
      ({ NetworkInterfaces }) => NetworkInterfaces,
    );
    const byId = new Map(interfaces.map((one) => [one.NetworkInterfaceId, one]));
    return rows.map((row) => ({ ...row, address: addressOf(byId.get(row.target), row) }));
  });
