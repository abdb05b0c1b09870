import { parseConfig } from '../../../components/config';
import { Lab } from '../../../components/lab';
import { keys, type Registered, registrations } from '../../support/mocks';
import { labOn } from '../../support/aws-graph';
import { steps } from '../../support/bootstrap-graph';
import { gcpLab } from '../../support/gcp-graph';

const VARIABLES = ['HARDWAY_TREE', 'HARDWAY_STORE', 'HARDWAY_IMAGES'];

/** Every resource of a lab on this machine, which needn't have what its nodes are made of. */
async function local(): Promise<Registered[]> {
  for (const name of VARIABLES) process.env[name] = '/nowhere';
  try {
    return await registrations((parent) => new Lab('local', parseConfig({}), { parent }), {
      resource: (type, name) => ({
        ...keys(type, name),
        ...(type.endsWith(':Network') ? { publicCidr: '198.18.0.0/24' } : {}),
      }),
    });
  } finally {
    for (const name of VARIABLES) delete process.env[name];
  }
}

/** Lists the steps on the nodes, each with the steps before it. */
const bootstrapOf = (all: Registered[]): string[] =>
  all
    .filter(({ type }) => type === 'command:remote:Command')
    .map((command) => {
      const after = command.dependencies
        .filter((title) => title.startsWith('command:'))
        .map((title) => title.split(' ')[1])
        .sort();
      return `${command.name}: ${steps(command).join(', ')} <- ${after.join(', ')}`;
    })
    .sort();

test('bootstrap is the same on every cloud', async () => {
  const here = bootstrapOf(await local());
  expect(here.length).toBeGreaterThan(12);
  expect(bootstrapOf((await labOn()).made.all)).toEqual(here);
  expect(bootstrapOf((await gcpLab()).graph.all)).toEqual(here);
}, 60_000);
