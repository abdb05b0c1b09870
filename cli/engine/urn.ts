/** A resource's type and name, as its URN has them. */
export interface ResourceName {
  /**
   * Resource type, such as `hardway:local:Instance`. Of nested types (parents joined by $), the
   * last one.
   */
  type: string;
  name: string;
}

export function parseUrn(urn: string): ResourceName {
  const [, , types = '', ...names] = urn.replace(/^urn:pulumi:/, '').split('::');
  return { type: types.slice(types.lastIndexOf('$') + 1), name: names.join('::') };
}

/** Titles of resource types in progress output. `%` is replaced by the resource's name. */
const TITLES: Record<string, string> = {
  'hardway:local:Site': 'workspace',
  'hardway:local:Network': 'network and router',
  'hardway:local:FirewallRule': 'firewall rule %',
  'hardway:local:Instance': 'node %',
  'hardway:local:Route': 'route %',
  'hardway:local:LoadBalancer': 'API load balancer',
  'hardway:local:ImageMirror': 'image mirror',
  'hardway:local:JumpHost': 'jump host',
  'hardway:tls:SshKey': 'SSH key %',
  'hardway:tls:SigningKey': 'signing key %',
  'hardway:tls:CertificateAuthority': 'certificate authority %',
  'hardway:tls:Certificate': 'certificate %',
};

/**
 * Describes a bootstrap session, such as `objects@controller-0`, by its node and steps:
 * `controller-0 · rbac, pods`.
 */
function sessionTitle(resource: string): string {
  const [, name, machine, role, index] = /^(.+)@((controller|worker)-(\d+))$/.exec(resource) ?? [];
  if (!machine) return resource;
  // Loaded on demand: the import loads the Pulumi SDK, which most commands do not need.
  const { OUTLINE, stepsOf } =
    require('../../components/bootstrap') as typeof import('../../components/bootstrap');
  const session = OUTLINE.find((candidate) => candidate.name === name);
  const steps = session
    ? stepsOf(
        session,
        { role: role as 'worker', index: Number(index), isGateway: session.on === 'gateway' },
        'cluster',
      )
    : [];
  return `${machine} · ${steps.map((step) => step.name).join(', ') || name}`;
}

/** Splits a type's name: `securityGroupRule` becomes `security group rule`. */
const words = (type: string): string =>
  type
    .slice(type.lastIndexOf(':') + 1)
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .toLowerCase();

/**
 * Returns the title of a resource in terms of the article: `node worker-1`, `firewall rule
 * allow-ssh`.
 */
export function resourceTitle(urn: string): string {
  const { type, name } = parseUrn(urn);
  if (type.startsWith('command:')) return sessionTitle(name);
  const title = TITLES[type];
  return title ? title.replace('%', name) : `${words(type)} ${name}`;
}

/** Returns whether the resource is real: no component, provider or stack. */
export const isReal = (urn: string): boolean =>
  !/^(pulumi:|hardway:(index|lab|bootstrap):)/.test(parseUrn(urn).type);
