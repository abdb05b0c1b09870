import * as rpc from '@pulumi/pulumi/proto/provider_pb';
import { parseConfig } from '../../../components/config';
import { Lab } from '../../../components/lab';
import { kinds } from '../../../provider/kinds';
import schema from '../../../provider/schema.json';
import { RunningPlugin } from '../../support/plugin';
import { keys, type Registered, registrations } from '../../support/mocks';

interface Resource {
  description: string;
  inputProperties: object;
  requiredInputs: string[];
  properties: Record<string, { type?: string; secret?: boolean }>;
}

const resources = schema.resources as unknown as Record<string, Resource>;
const VARIABLES = ['HARDWAY_TREE', 'HARDWAY_STORE', 'HARDWAY_IMAGES'];

/** Registers a local lab with jump host and load balancer, which uses every kind of the local cloud. */
async function registered(): Promise<Registered[]> {
  for (const name of VARIABLES) process.env[name] = '/nowhere';
  const config = parseConfig({
    jumpCidrs: '192.0.2.0/24',
    expires: '8h',
    loadBalancer: 'true',
  });
  try {
    return await registrations((parent) => new Lab('local', config, { parent }), {
      resource: (type, name) => ({
        ...keys(type, name),
        ...(type.endsWith(':Network')
          ? { publicCidr: '198.18.0.0/24', hostIp: '198.18.0.1', generation: '1' }
          : {}),
        ...(type.endsWith(':Deadline') ? { time: '2026-12-01T18:00Z' } : {}),
      }),
    });
  } finally {
    for (const name of VARIABLES) delete process.env[name];
  }
}

test('the schema has exactly the kinds that the provider serves', () => {
  expect(Object.keys(resources).sort()).toEqual(Object.keys(kinds).sort());
});

test('the schema marks every output secret that its kind keeps secret', () => {
  const kept = Object.entries(kinds).flatMap(([token, { secrets = [] }]) =>
    secrets.map((name) => `${token} ${name}`),
  );
  expect(kept.length).toBeGreaterThan(4);
  const marked = Object.entries(resources).flatMap(([token, { properties }]) =>
    Object.entries(properties)
      .filter(([, { secret }]) => secret)
      .map(([name]) => `${token} ${name}`),
  );
  expect(kept.filter((output) => !marked.includes(output))).toEqual([]);
});

test('a lab passes every resource the inputs that the schema names', async () => {
  const own = (await registered()).filter(({ type }) => resources[type]);
  // Only clouds wait for addresses.
  const absent = Object.keys(resources).filter((type) => !own.some((made) => made.type === type));
  expect(absent).toEqual(['hardway:wait:Reachable']);
  const mistakes = own.flatMap(({ type, inputs }) => {
    const { inputProperties, requiredInputs } = resources[type];
    const given = Object.keys(inputs);
    return [
      ...given
        .filter((name) => !(name in inputProperties))
        .map((name) => `${type}: ${name} unknown`),
      ...requiredInputs
        .filter((name) => !given.includes(name))
        .map((name) => `${type}: no ${name}`),
    ];
  });
  expect(mistakes).toEqual([]);
});

const AFTER = { after: '2026-12-01T18:00Z' };
const COMMENT = { comment: 'a key' };
const AUTHORITY = { commonName: 'test', validityDays: 60 };

test.each([
  ['hardway:index:LabId', {}],
  ['hardway:time:Deadline', AFTER],
  ['hardway:tls:SshKey', COMMENT],
  ['hardway:tls:SigningKey', COMMENT],
  ['hardway:tls:CertificateAuthority', AUTHORITY],
])('%s returns the outputs that the schema names', async (token, inputs) => {
  const kind = kinds[token];
  const checked = (await kind.check?.(inputs, undefined, new Set())) ?? { inputs };
  const { state } = await kind.create(checked.inputs as never);
  expect(Object.keys(state).sort()).toEqual(Object.keys(resources[token].properties).sort());
});

test('the provider answers GetSchema with schema.json and its version', async () => {
  const plugin = await RunningPlugin.start('provider/pulumi-resource-hardway');
  try {
    const answer = await new Promise<rpc.GetSchemaResponse>((resolve, reject) =>
      plugin.client.getSchema(new rpc.GetSchemaRequest(), (error, response) =>
        error ? reject(error) : resolve(response),
      ),
    );
    expect(JSON.parse(answer.getSchema())).toEqual({ ...schema, version: '0.1.0' });
  } finally {
    process.kill(plugin.pid);
  }
});
