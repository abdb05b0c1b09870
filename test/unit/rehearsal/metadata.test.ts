import type * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import { metadataServer } from '../../../rehearsal/data-plane/metadata';
import type { World } from '../../../rehearsal/data-plane/world';
import { smallWorld } from './small-world';

let world: World;
let server: http.Server;
let base: string;

beforeEach(async () => {
  world = smallWorld();
  // The client's address says which instance asks, and the test asks from the loopback.
  world.interfaces[0].privateIp = '127.0.0.1';
  server = metadataServer(() => world, 'vpc-1');
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(() => {
  server.closeAllConnections();
  server.close();
});

async function token(): Promise<string> {
  const headers = { 'x-aws-ec2-metadata-token-ttl-seconds': '60' };
  return (await fetch(`${base}/latest/api/token`, { method: 'PUT', headers })).text();
}

const get = (path: string, given?: string): Promise<Response> =>
  fetch(`${base}${path}`, { headers: given ? { 'x-aws-ec2-metadata-token': given } : {} });

describe('metadata service', () => {
  test('refuses a request without a token', async () => {
    expect((await get('/latest/user-data')).status).toBe(401);
  });

  test('refuses a token that it did not give', async () => {
    expect((await get('/latest/user-data', 'invented')).status).toBe(401);
  });

  test('answers without a token where the instance requires none', async () => {
    world.instances[0].metadata.tokensRequired = false;
    expect((await get('/latest/user-data')).status).toBe(200);
  });

  test('gives no token to a request that a proxy forwards', async () => {
    const headers = { 'x-aws-ec2-metadata-token-ttl-seconds': '60', 'x-forwarded-for': '10.0.0.1' };
    const { status } = await fetch(`${base}/latest/api/token`, { method: 'PUT', headers });
    expect(status).toBe(403);
  });

  test('gives an instance its own user data', async () => {
    const answer = await get('/latest/user-data', await token());
    expect(await answer.text()).toBe('#cloud-config\n');
  });

  test('lists keys by number and name, and gives the key below its number', async () => {
    const given = await token();
    const path = '/2021-03-23/meta-data/public-keys';
    expect(await (await get(`${path}/`, given)).text()).toBe('0=lab');
    expect(await (await get(`${path}/0/openssh-key`, given)).text()).toBe('ssh-ed25519 AAAA lab\n');
  });

  test('does not answer an address that is no instance', async () => {
    world.interfaces[0].privateIp = '10.240.0.10';
    expect((await get('/latest/user-data')).status).toBe(404);
  });

  test('does not answer an instance with its endpoint off', async () => {
    world.instances[0].metadata.enabled = false;
    expect((await get('/latest/user-data')).status).toBe(404);
  });
});
