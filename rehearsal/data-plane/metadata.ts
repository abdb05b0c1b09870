import { randomBytes } from 'node:crypto';
import * as http from 'node:http';
import { fieldsIf, ifPresent, listOf, textIf } from '../../util/optional';
import type { Instance, Interface, World } from './world';

/** A tree of metadata: a directory, or a value. */
type Tree = { [name: string]: Tree | string };

const macOf = (address: string): string =>
  [
    '02',
    '00',
    ...address.split('.').map((part) => Number(part).toString(16).padStart(2, '0')),
  ].join(':');

function metadataOf(instance: Instance, own: Interface, region: string): Tree {
  const host = `ip-${own.privateIp.replaceAll('.', '-')}.${region}.compute.internal`;
  const mac = macOf(own.privateIp);

  return {
    'ami-id': instance.image,
    'ami-launch-index': '0',
    hostname: host,
    'instance-id': instance.id,
    'instance-type': instance.type,
    'local-hostname': host,
    'local-ipv4': own.privateIp,
    ...Object.fromEntries(listOf(own.ip6).map((address) => ['ipv6', address])),
    mac,
    placement: { 'availability-zone': instance.zone, region },
    ...fieldsIf(own.publicIp, { 'public-ipv4': own.publicIp ?? '', 'public-hostname': '' }),
    ...fieldsIf(instance.key, {
      'public-keys': { '0': { 'openssh-key': `${instance.key?.public.trim()}\n` } },
    }),
  };
}

/** Lists a directory as the service does: directories end with a slash. */
function listing(tree: Tree, path: string, instance: Instance): string {
  // A key is listed by number and name, and found under its number.
  if (path === 'public-keys') return `0=${instance.key!.name}`;
  return Object.entries(tree)
    .map(([name, value]) => `${name}${textIf(typeof value !== 'string', '/')}`)
    .join('\n');
}

function lookUp(tree: Tree, path: string, instance: Instance): string | undefined {
  let found: Tree | string = tree;
  for (const part of path.split('/').filter(Boolean)) {
    if (typeof found === 'string' || !(part in found)) return undefined;
    found = found[part];
  }
  if (typeof found === 'string') return found;
  return listing(found, path.replace(/^\/|\/$/g, ''), instance);
}

/** Answers a path below `/VERSION/`; `undefined` if there is nothing. */
function answerTo(
  path: string,
  { instance, own, region }: { instance: Instance; own: Interface; region: string },
): Buffer | undefined {
  if (path === 'user-data')
    return ifPresent(instance.userData, (data) => Buffer.from(data, 'base64'));
  if (path === 'dynamic/instance-identity') return Buffer.from('document');
  if (path === 'dynamic/instance-identity/document')
    return Buffer.from(JSON.stringify({ instanceId: instance.id, region }));
  const [, below] = /^meta-data(?:\/(.*))?$/.exec(path) ?? [];
  if (!path.startsWith('meta-data')) return undefined;
  const text = lookUp(metadataOf(instance, own, region), below ?? '', instance);
  if (text === undefined) return undefined;
  return Buffer.from(text);
}

/** Versions of the service's API that a client may name. */
const VERSIONS = /^\/(latest|20\d\d-\d\d-\d\d)\/(.*)$/;
const LONGEST_TOKEN_SECONDS = 21600;

/**
 * The instance metadata service. The client's address says which instance asks. Version 2: a request needs a token,
 * which a PUT request gives.
 */
export function metadataServer(world: () => World, vpc: string): http.Server {
  const tokens = new Map<string, { instance: string; until: number }>();
  return http.createServer((request, response) => {
    const end = (status: number, body: Buffer | string = ''): void =>
      void response.writeHead(status, { 'Content-Type': 'text/plain' }).end(body);
    const now = world();
    const address = request.socket.remoteAddress?.replace(/^::ffff:/, '');
    const own = now.interfaces.find((one) => one.vpc === vpc && one.privateIp === address);
    const instance = now.instances.find((one) => one.interface === own?.id);
    if (!own || !instance || !instance.metadata.enabled) return end(404);
    // A request that a proxy forwards is refused.
    if (request.headers['x-forwarded-for'] !== undefined) return end(403);
    if (request.method === 'PUT' && request.url === '/latest/api/token') {
      const seconds = Number(request.headers['x-aws-ec2-metadata-token-ttl-seconds']);
      if (!(seconds >= 1 && seconds <= LONGEST_TOKEN_SECONDS)) return end(400);
      const token = randomBytes(40).toString('base64url');
      tokens.set(token, { instance: instance.id, until: Date.now() + seconds * 1000 });
      return end(200, token);
    }
    const given = request.headers['x-aws-ec2-metadata-token'];
    const token = tokens.get(String(given));
    const isValid = token && token.instance === instance.id && token.until > Date.now();
    if (!isValid && (given !== undefined || instance.metadata.tokensRequired)) return end(401);
    const [, , path] = VERSIONS.exec(request.url ?? '') ?? [];
    const region = now.vpcs.find(({ id }) => id === vpc)?.region ?? '';
    const answer = ifPresent(path, (known) =>
      answerTo(known.replace(/\/$/, ''), { instance, own, region }),
    );
    if (answer === undefined) return end(404);
    return end(200, answer);
  });
}
