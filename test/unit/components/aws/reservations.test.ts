import { NODE_BLOCKS } from '../../../../components/aws/reservations';
import { addressAt, contains } from '../../../../util/cidr';
import { parseConfig } from '../../../../components/config';
import { topology } from '../../../../components/topology';

const NETWORK = '10.240.0.0/27';
const blocks = NODE_BLOCKS.map(({ host, prefix }) => `${addressAt(NETWORK, host)}/${prefix}`);
const isReserved = (address: string): boolean => blocks.some((block) => contains(block, address));

describe('the reserved addresses on AWS', () => {
  test('hold every node of the largest lab', () => {
    const { nodes } = topology(
      parseConfig({
        cloud: 'aws',
        adminCidrs: '198.51.100.7/32',
        nodeCidr: NETWORK,
        controllers: '3',
        workers: '9',
      }),
    );
    expect(nodes.length).toBe(12);
    expect(nodes.filter(({ privateIp }) => !isReserved(privateIp))).toEqual([]);
  });

  test('leave the balancer the eight addresses it needs, in the smallest node network', () => {
    // AWS keeps the first four addresses of a subnet and the last.
    const usable = Array.from({ length: 27 }, (_, index) => addressAt(NETWORK, index + 4));
    expect(usable.filter((address) => !isReserved(address)).length).toBe(10);
  });
});
