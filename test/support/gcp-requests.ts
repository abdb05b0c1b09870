import type { Request } from './discovery';
import type { Graph } from './graph';
import { bare, type Registered } from './mocks';

/**
 * Renders the REST requests that create a lab's resources on Google Cloud. The mapping from the
 * provider's inputs to the API's fields is written here by hand, without the provider. An input
 * without a mapping keeps its name: the discovery document refuses it if the API lacks the field.
 */

type Fields = Record<string, any>;

interface Place {
  project: string;
  region: string;
  zone: string;
  /** Labels that the provider adds to every resource that can have labels. */
  labels: Record<string, string>;
}

interface Kind {
  method: string;
  /** Parameters of the path. */
  scope: (place: Place, inputs: Fields) => Record<string, string>;
  body: (inputs: Fields, place: Place) => Fields;
}

const inProject = ({ project }: Place): Record<string, string> => ({ project });
const inRegion = ({ project, region }: Place): Record<string, string> => ({ project, region });
const inZone = ({ project }: Place, { zone }: Fields): Record<string, string> => ({
  project,
  zone,
});

function networkInterface({ networkIp, accessConfigs, ...rest }: Fields): Fields {
  return {
    ...rest,
    networkIP: networkIp,
    accessConfigs: accessConfigs.map(({ natIp, ...others }: Fields) => ({
      ...others,
      type: 'ONE_TO_ONE_NAT',
      natIP: natIp,
    })),
  };
}

function bootDisk({ initializeParams, ...rest }: Fields, zone: string): Fields {
  const { image, size, type, ...others } = initializeParams;
  return {
    ...rest,
    boot: true,
    autoDelete: true,
    initializeParams: {
      ...others,
      sourceImage: image,
      diskSizeGb: String(size),
      diskType: `zones/${zone}/diskTypes/${type}`,
    },
  };
}

function instance(inputs: Fields, { labels }: Place): Fields {
  const { zone, machineType, tags, metadata, networkInterfaces, ...rest } = inputs;
  // An option of the provider.
  const { allowStoppingForUpdate: _, bootDisk: disk, ...others } = rest;
  return {
    ...others,
    labels,
    machineType: `zones/${zone}/machineTypes/${machineType}`,
    tags: { items: tags },
    metadata: {
      items: Object.entries(bare(metadata)).map(([key, value]) => ({ key, value: bare(value) })),
    },
    networkInterfaces: networkInterfaces.map(networkInterface),
    disks: [bootDisk(disk, zone)],
  };
}

/** Requests by Pulumi's type. */
const KINDS: Record<string, Kind> = {
  Network: {
    method: 'networks.insert',
    scope: inProject,
    body: ({ routingMode, ...rest }) => ({ ...rest, routingConfig: { routingMode } }),
  },
  Subnetwork: { method: 'subnetworks.insert', scope: inRegion, body: (inputs) => inputs },
  Firewall: {
    method: 'firewalls.insert',
    scope: inProject,
    body: ({ allows, ...rest }) => ({
      ...rest,
      allowed: allows.map(({ protocol, ...others }: Fields) => ({
        ...others,
        IPProtocol: protocol,
      })),
    }),
  },
  Address: {
    method: 'addresses.insert',
    scope: inRegion,
    body: (inputs, { labels }) => ({ ...inputs, labels }),
  },
  Instance: { method: 'instances.insert', scope: inZone, body: instance },
  Route: {
    method: 'routes.insert',
    scope: inProject,
    body: ({ nextHopInstance, nextHopInstanceZone, ...rest }, { project }) => ({
      // The provider's default.
      priority: 1000,
      ...rest,
      nextHopInstance: `projects/${project}/zones/${nextHopInstanceZone}/instances/${nextHopInstance}`,
    }),
  },
  InstanceGroup: {
    method: 'instanceGroups.insert',
    scope: inZone,
    body: ({ zone: _, ...rest }) => rest,
  },
  InstanceGroupMembership: {
    method: 'instanceGroups.addInstances',
    scope: ({ project }, { zone, instanceGroup }) => ({ project, zone, instanceGroup }),
    body: ({ zone: _zone, instanceGroup: _group, instance: member, ...rest }) => ({
      ...rest,
      instances: [{ instance: member }],
    }),
  },
  RegionHealthCheck: {
    method: 'regionHealthChecks.insert',
    scope: inRegion,
    body: (inputs) => ({ ...inputs, type: 'HTTPS' }),
  },
  RegionBackendService: {
    method: 'regionBackendServices.insert',
    scope: inRegion,
    body: ({ healthChecks, connectionDrainingTimeoutSec, ...rest }) => ({
      ...rest,
      healthChecks: [healthChecks],
      connectionDraining: { drainingTimeoutSec: connectionDrainingTimeoutSec },
    }),
  },
  ForwardingRule: {
    method: 'forwardingRules.insert',
    scope: inRegion,
    body: ({ ipAddress, ipProtocol, ...rest }, { labels }) => ({
      ...rest,
      labels,
      IPAddress: ipAddress,
      IPProtocol: ipProtocol,
    }),
  },
};

/** Renders the request that creates a resource. Throws for a type that no mapping knows. */
export function requestOf({ type, inputs }: Registered, place: Place): Request {
  const kind = KINDS[type.split(':').pop()!];
  if (!kind) throw new Error(`no request is known for ${type}`);
  return {
    method: kind.method,
    parameters: kind.scope(place, inputs),
    body: kind.body(inputs, place),
  };
}

/** Project, region, zone and labels of a lab's provider. */
export function placeOf(graph: Graph): Place {
  const { project, region, zone, defaultLabels } = graph.of('gcp', 'gcp').inputs;
  return { project, region, zone, labels: JSON.parse(defaultLabels) as Record<string, string> };
}

/** Renders the requests that create a lab, by `TYPE NAME` of the resource. */
export function requestsOf(graph: Graph): Map<string, Request> {
  const place = placeOf(graph);
  const resources = graph.all.filter(({ type }) => type.startsWith('gcp:'));
  return new Map(
    resources.map((one) => [`${one.type.split(':').pop()} ${one.name}`, requestOf(one, place)]),
  );
}
