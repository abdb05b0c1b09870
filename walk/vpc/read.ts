import type * as AwsReader from '../../components/aws/read-vpc';
import type * as GcpReader from '../../components/gcp/read-vpc';
import type { LabOutputs } from '../../components/outputs';
import { awsInterfaces } from './aws';
import type { VpcInterface } from './facts';
import { gcpInterfaces } from './gcp';

/** Reads the network interfaces of a cloud lab's VPC from the cloud's API. Throws a CloudError. */
export async function readVpcInterfaces(
  outputs: Pick<LabOutputs, 'cloud' | 'lab' | 'region' | 'config' | 'nodes'>,
): Promise<VpcInterface[]> {
  const { cloud, lab, region, config, nodes } = outputs;
  const names = new Map(nodes.map(({ name, privateIp }) => [privateIp, name]));
  // An SDK takes a second to load: only the one of the lab's cloud.
  if (cloud === 'aws') {
    const { readVpc } = require('../../components/aws/read-vpc') as typeof AwsReader;
    return awsInterfaces(await readVpc(lab, region), names);
  }
  const { readVpc } = require('../../components/gcp/read-vpc') as typeof GcpReader;
  return gcpInterfaces(await readVpc(lab, config), names);
}
