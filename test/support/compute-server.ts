import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import type { compute_v1 } from '@googleapis/compute';

/** Resources of Google Cloud in the form of its API: by zone or region, or for the project. */
export interface Having {
  project: compute_v1.Schema$Project;
  regions: Record<string, compute_v1.Schema$Region>;
  machineTypes: Record<string, compute_v1.Schema$MachineType>;
  instances: Record<string, compute_v1.Schema$Instance[]>;
  disks: Record<string, compute_v1.Schema$Disk[]>;
  addresses: Record<string, compute_v1.Schema$Address[]>;
  forwardingRules: Record<string, compute_v1.Schema$ForwardingRule[]>;
  subnetworks: Record<string, compute_v1.Schema$Subnetwork[]>;
  backendServices: Record<string, compute_v1.Schema$BackendService[]>;
  healthChecks: Record<string, compute_v1.Schema$HealthCheck[]>;
  instanceGroups: Record<string, compute_v1.Schema$InstanceGroup[]>;
  /** URLs of the members of an instance group, by the group's `zones/ZONE/instanceGroups/NAME`. */
  members: Record<string, string[]>;
  networks: compute_v1.Schema$Network[];
  firewalls: compute_v1.Schema$Firewall[];
  routes: compute_v1.Schema$Route[];
}

export const NOTHING: Having = {
  project: {},
  regions: {},
  machineTypes: {},
  instances: {},
  disks: {},
  addresses: {},
  forwardingRules: {},
  subnetworks: {},
  backendServices: {},
  healthChecks: {},
  instanceGroups: {},
  members: {},
  networks: [],
  firewalls: [],
  routes: [],
};

const AGGREGATED = [
  'instances',
  'disks',
  'addresses',
  'forwardingRules',
  'subnetworks',
  'backendServices',
  'healthChecks',
  'instanceGroups',
] as const;
type Aggregated = (typeof AGGREGATED)[number];
const isAggregated = (kind: string): kind is Aggregated =>
  (AGGREGATED as readonly string[]).includes(kind);

const GLOBAL = ['networks', 'firewalls', 'routes'] as const;
type Global = (typeof GLOBAL)[number];
const isGlobal = (kind: string): kind is Global => (GLOBAL as readonly string[]).includes(kind);

interface Item {
  name?: string | null;
  labels?: Record<string, string> | null;
  network?: string | null;
  selfLink?: string | null;
}

/** Error of the API. `reason` is Google's own word. */
class Refusal extends Error {
  constructor(
    readonly code: number,
    readonly reason: string,
    message: string,
  ) {
    super(message);
  }
}

/** Filters by label (`labels.KEY = VALUE`, `labels.KEY:*`) and by network (`network = "URL"`). */
function matches(filter: string | null): (item: Item) => boolean {
  if (filter === null) return () => true;
  const [, network] = /^network = "([^"]+)"$/.exec(filter) ?? [];
  if (network) return (item) => item.network === network;
  const [, key, operator, value] =
    /^labels\.([a-z][a-z0-9_-]*)\s*(=|:)\s*(\*|[a-z0-9_-]+)$/.exec(filter) ?? [];
  if (!key || (operator === ':') !== (value === '*'))
    throw new Refusal(
      400,
      'invalid',
      `Invalid value for field 'filter': '${filter}'. Invalid list filter expression.`,
    );
  return ({ labels }) => (value === '*' ? labels?.[key] !== undefined : labels?.[key] === value);
}

/** Returns a page with one resource, so that a client that reads only the first page fails. */
function page<T>(all: T[], token: string | null): { part: T[]; nextPageToken?: string } {
  const first = token === null ? 0 : Number(/^page-(\d+)$/.exec(token)?.[1] ?? NaN);
  if (Number.isNaN(first))
    throw new Refusal(400, 'invalid', `Invalid value for field 'pageToken': '${token}'.`);
  return {
    part: all.slice(first, first + 1),
    ...(first + 1 < all.length ? { nextPageToken: `page-${first + 1}` } : {}),
  };
}

interface GroupRequest {
  instances?: { instance: string }[];
}

async function bodyOf(request: http.IncomingMessage): Promise<GroupRequest> {
  let text = '';
  for await (const part of request) text += String(part);
  return JSON.parse(text || '{}') as GroupRequest;
}

/** HTTP server with the part of Compute Engine's API v1 that `cli/account` uses. */
export class ComputeServer {
  having: Having = NOTHING;
  /** Error that answers every request; `undefined` for normal answers. */
  refusal: { code: number; reason: string; message: string } | undefined;
  /** Paths and queries in the order of the requests. */
  readonly asked: string[] = [];
  /** Names in the order of their deletion. */
  readonly deleted: string[] = [];

  private constructor(
    private readonly server: http.Server,
    private readonly token: string,
  ) {
    server.on('request', (request, response) => this.serve(request, response));
  }

  /** Starts a server that accepts requests with `token`. */
  static async start(token: string): Promise<ComputeServer> {
    const server = http.createServer();
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    return new ComputeServer(server, token);
  }

  /** URL of the server, for the variable GOOGLE_COMPUTE_CUSTOM_ENDPOINT. */
  get endpoint(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/compute/v1/`;
  }

  stop(): Promise<void> {
    return new Promise((resolve) => {
      this.server.close(() => resolve());
      this.server.closeAllConnections();
    });
  }

  private serve(request: http.IncomingMessage, response: http.ServerResponse): void {
    const { pathname, searchParams } = new URL(request.url!, 'http://localhost');
    this.asked.push(request.url!);
    const answer = (code: number, body: object): void =>
      void response
        .writeHead(code, { 'content-type': 'application/json' })
        .end(JSON.stringify(body));
    try {
      if (request.headers.authorization !== `Bearer ${this.token}`)
        throw new Refusal(401, 'authError', 'Invalid Credentials');
      if (this.refusal)
        throw new Refusal(this.refusal.code, this.refusal.reason, this.refusal.message);
      if (request.method === 'DELETE') return answer(200, this.remove(pathname));
      if (request.method === 'POST')
        return void bodyOf(request).then((body) => answer(200, this.changeGroup(pathname, body)));
      if (request.method !== 'GET')
        throw new Refusal(405, 'httpMethodNotAllowed', `${request.method} is not supported`);
      answer(200, this.find(pathname, searchParams));
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const { code, reason, message } = error;
      answer(code, { error: { code, message, errors: [{ message, domain: 'global', reason }] } });
    }
  }

  private readonly operations = new Map<string, () => void>();

  /** Begins a deletion, which ends when a client reads its operation. Refuses a network in use. */
  private remove(pathname: string): object {
    const [, scope, kind, name] =
      /^\/compute\/v1\/projects\/[^/]+\/(global|(?:zones|regions)\/[^/]+)\/([A-Za-z]+)\/([^/]+)$/.exec(
        pathname,
      ) ?? [];
    let list: Item[] | undefined;
    if (scope === 'global' && isGlobal(kind)) list = this.having[kind];
    if (scope !== 'global' && isAggregated(kind)) list = this.having[kind][scope];
    const item = list?.find((one) => one.name === name);
    if (!item)
      throw new Refusal(404, 'notFound', `The resource '${pathname.slice(12)}' was not found`);
    if (kind === 'networks') {
      const { firewalls, routes, subnetworks } = this.having;
      const parts: Item[] = [...firewalls, ...routes, ...Object.values(subnetworks).flat()];
      const user = parts.find(({ network }) => network === item.selfLink);
      if (user)
        throw new Refusal(
          400,
          'resourceInUseByAnotherResource',
          `The network resource '${name}' is already being used by '${user.name}'`,
        );
    }
    const operation = `op-${this.operations.size + 1}`;
    this.operations.set(operation, () => {
      const at = list!.indexOf(item);
      if (at < 0) return;
      list!.splice(at, 1);
      this.deleted.push(name);
    });
    return { kind: 'compute#operation', name: operation, status: 'RUNNING' };
  }

  /** Lists the members of an instance group, or removes some when a client reads the operation. */
  private changeGroup(pathname: string, body: GroupRequest): object {
    const [, group, method] =
      /^\/compute\/v1\/projects\/[^/]+\/(.+)\/(listInstances|removeInstances)$/.exec(pathname) ??
      [];
    const members = this.having.members[group] ?? [];
    if (method === 'listInstances') return { items: members.map((instance) => ({ instance })) };
    const operation = `op-${this.operations.size + 1}`;
    this.operations.set(operation, () => {
      const leaving = body.instances?.map(({ instance }) => instance);
      this.having.members[group] = members.filter((member) => !leaving?.includes(member));
    });
    return { kind: 'compute#operation', name: operation, status: 'RUNNING' };
  }

  private finish(operation: string): object {
    const work = this.operations.get(operation);
    if (!work) throw new Refusal(404, 'notFound', `The resource '${operation}' was not found`);
    work();
    return { kind: 'compute#operation', name: operation, status: 'DONE' };
  }

  private find(pathname: string, query: URLSearchParams): object {
    const { project, regions, machineTypes } = this.having;
    const [, name, path = ''] =
      /^\/compute\/v1\/projects\/([^/]+)(?:\/(.*))?$/.exec(pathname) ?? [];
    const missing = (): Refusal =>
      new Refusal(
        404,
        'notFound',
        `The resource '${pathname.replace('/compute/v1/', '')}' was not found`,
      );
    if (name !== project.name) throw missing();
    if (path === '') return project;
    const [kind, ...rest] = path.split('/');
    if (kind === 'regions' && rest.length === 1 && regions[rest[0]]) return regions[rest[0]];
    if (kind === 'zones' && rest[1] === 'machineTypes' && machineTypes[rest.slice(0, 3).join('/')])
      return machineTypes[rest.slice(0, 3).join('/')];
    const [list, more] = rest;
    if (kind === 'aggregated' && isAggregated(list) && more === undefined)
      return this.aggregated(list, query);
    if (kind === 'global' && isGlobal(list) && more === undefined) return this.listed(list, query);
    if (kind === 'global' && list === 'networks') {
      const network = this.having.networks.find((one) => one.name === more);
      if (network) return network;
    }
    const [, operation] = /\/operations\/(op-\d+)$/.exec(pathname) ?? [];
    if (operation) return this.finish(operation);
    throw missing();
  }

  /** Lists resources by scope. An empty scope has a warning, like in the API. */
  private aggregated(kind: Aggregated, query: URLSearchParams): object {
    const scopes: Record<string, Item[]> = this.having[kind];
    const fitting = Object.entries(scopes).flatMap(([scope, items]) =>
      items.filter(matches(query.get('filter'))).map((item) => ({ scope, item })),
    );
    const { part, nextPageToken } = page(fitting, query.get('pageToken'));
    const items = Object.fromEntries(
      Object.keys({ 'zones/us-east1-b': [], ...scopes }).map((scope) => {
        const here = part.filter((one) => one.scope === scope).map(({ item }) => item);
        return [
          scope,
          here.length > 0
            ? { [kind]: here }
            : {
                warning: {
                  code: 'NO_RESULTS_ON_PAGE',
                  message: `There are no results for scope '${scope}' on this page.`,
                  data: [{ key: 'scope', value: scope }],
                },
              },
        ];
      }),
    );
    return {
      kind: `compute#${kind.replace(/s$/, '')}AggregatedList`,
      id: `projects/${this.having.project.name}/aggregated/${kind}`,
      items,
      nextPageToken,
    };
  }

  /** Lists global resources. An empty list has no `items`, like in the API. */
  private listed(kind: Global, query: URLSearchParams): object {
    const all: Item[] = this.having[kind];
    const { part, nextPageToken } = page(
      all.filter(matches(query.get('filter'))),
      query.get('pageToken'),
    );
    return {
      kind: `compute#${kind.replace(/s$/, '')}List`,
      id: `projects/${this.having.project.name}/global/${kind}`,
      ...(part.length > 0 ? { items: part } : {}),
      nextPageToken,
    };
  }
}
