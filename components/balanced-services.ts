/** First and last NodePort of Kubernetes, both included. */
export const NODE_PORTS: [number, number] = [30000, 32767];

/** A port of a service of type LoadBalancer, and the NodePort that the service gives to it. */
export interface BalancedPort {
  port: number;
  nodePort: number;
}

/** A service that gets a load balancer of the cloud. Entries of one service share the balancer. */
export interface BalancedService {
  /** Name of the cloud's resources: `service-` and the first NodePort, for example `service-31080`. */
  name: string;
  /** `NAMESPACE/NAME`, for example `default/nginx`. */
  service: string;
  ports: BalancedPort[];
  /** Port where kube-proxy says if a worker takes connections. Path: `/healthz`. */
  healthPort: number;
}

/** Port where kube-proxy says if a worker can take connections of any service. */
export const HEALTH_PORT = 10256;

const FORM =
  /^(?<service>[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\/[a-z]([a-z0-9-]{0,61}[a-z0-9])?):(?<port>\d+)=(?<nodePort>\d+)(@(?<healthPort>\d+))?$/;

/** Form of an entry, for messages. */
const ALLOWED = 'NAMESPACE/NAME:PORT=NODEPORT[@HEALTHPORT] such as default/nginx:80=31080';

interface Entry extends BalancedPort {
  service: string;
  healthPort: number;
}

/** Returns the parts of an entry; `undefined` if it has another form. */
function parseEntry(text: string): Entry | undefined {
  const parts = FORM.exec(text)?.groups;
  if (!parts) return undefined;
  const { service, port, nodePort, healthPort } = parts;
  return {
    service,
    port: Number(port),
    nodePort: Number(nodePort),
    healthPort: Number(healthPort || HEALTH_PORT),
  };
}

const isNodePort = (port: number): boolean => port >= NODE_PORTS[0] && port <= NODE_PORTS[1];

/** Returns the mistake of a list of entries; `undefined` if there is none. */
function mistakeOf(texts: string[], entries: Entry[]): string | undefined {
  const range = NODE_PORTS.join(' to ');
  const ports = new Map<string, string>();
  const health = new Map<string, number>();
  for (const [at, { service, port, nodePort, healthPort }] of entries.entries()) {
    const text = texts[at];
    const isOwn = healthPort !== HEALTH_PORT;
    if (healthPort === nodePort)
      return `has "${text}" with one port twice: a healthCheckNodePort differs from the NodePort`;
    if (port < 1 || port > 65535) return `has "${text}" with a port that is not from 1 to 65535`;
    if (!isNodePort(nodePort)) return `has "${text}" with a NodePort that is not from ${range}`;
    if (isOwn && !isNodePort(healthPort))
      return `has "${text}" with a healthCheckNodePort that is not from ${range}`;
    if ((health.get(service) ?? healthPort) !== healthPort)
      return `gives ${service} two healthCheckNodePorts: name the same one in each entry`;
    const used = [`port ${port} of ${service}`, `NodePort ${nodePort}`];
    if (isOwn && !health.has(service)) used.push(`NodePort ${healthPort}`);
    const twice = used.find((one) => ports.has(one));
    if (twice) return `names ${twice} twice, in "${ports.get(twice)}" and "${text}"`;
    for (const one of used) ports.set(one, text);
    health.set(service, healthPort);
  }
  return undefined;
}

/** Reads a list of entries such as `default/nginx:80=31080`. Throws an Error with the first mistake. */
export function readBalancedServices(text: string): string[] {
  let texts = text.split(',').map((part) => part.trim());
  if (text.trim().startsWith('[')) texts = JSON.parse(text) as string[];
  texts = texts.filter(Boolean);
  if (texts.length === 0 && text.includes(',')) throw new Error(`is "${text}", not ${ALLOWED}`);
  const entries = texts.map(parseEntry);
  const wrong = texts.find((_, at) => entries[at] === undefined);
  if (wrong !== undefined) throw new Error(`has "${wrong}", not ${ALLOWED}`);
  const mistake = mistakeOf(texts, entries as Entry[]);
  if (mistake) throw new Error(mistake);
  return texts;
}

/** Returns whether services of type LoadBalancer get addresses in a lab. */
export const balancesServices = (config: {
  loadBalancer: boolean;
  loadBalancers: string[];
}): boolean => config.loadBalancer || config.loadBalancers.length > 0;

/** Groups valid entries by service, in the order of the list. */
export function balancedServices(texts: string[]): BalancedService[] {
  const services = new Map<string, BalancedService>();
  for (const text of texts) {
    const { service, port, nodePort, healthPort } = parseEntry(text)!;
    const known = services.get(service);
    if (known) known.ports.push({ port, nodePort });
    else {
      const name = `service-${nodePort}`;
      services.set(service, { name, service, ports: [{ port, nodePort }], healthPort });
    }
  }
  return [...services.values()];
}
