import * as pulumi from '@pulumi/pulumi';
import { Deadline, LabId, SshKey } from '../provider/resources';
import { Bootstrap } from './bootstrap';
import { Certificates } from './pki/certificates';
import { balancesServices } from './balanced-services';
import { buildCloud, type CloudResult, type Tags } from './cloud';
import { loadCloud } from './load-cloud';
import { AUTO, ConfigError, configOf, type LabArgs, type LabConfig, reaches } from './config';
import { labNameMistake } from '../util/lab-name';
import { fieldsIf } from '../util/optional';
import type { Machine } from './machine';
import { waitForApi, waitForLogins } from './reachable';
import { describeConfig, type StackOutputs } from './outputs';
import { requireProvider } from './require-provider';
import { topology as plan, type Topology } from './topology';

/** Outputs of a lab, by name. An output that the cloud lacks is unset. */
export type LabOutput = { readonly [K in keyof StackOutputs]: pulumi.Output<StackOutputs[K]> };

/** Returns the validated config. Throws a ConfigError for a mistake in name or arguments. */
function validated(name: string, args: LabArgs | LabConfig): LabConfig {
  const mistake = labNameMistake(name);
  if (mistake) throw new ConfigError([mistake]);
  const config = configOf(args);
  if ([...config.adminCidrs, ...config.nodePortCidrs].includes(AUTO))
    throw new ConfigError([
      'a program cannot pass auto as a CIDR: await publicCidr() and pass its result',
    ]);
  return config;
}

/** NodePort of the article's nginx. */
const ARTICLE_NODE_PORT = 31088;

/**
 * A lab: a network plan, a cloud's machines, and a cluster on them. A stack has one lab.
 *
 * @example
 * const lab = new Lab('local-demo', { workers: 2, ipMasq: false });
 * export const kubeconfig = lab.outputs.kubeconfig;
 */
export class Lab extends pulumi.ComponentResource {
  /** Network plan: addresses, subnets, pod routes and firewall rules. */
  readonly topology: Topology;
  /** Outputs, to export from a program. `kubeconfig` and `sshPrivateKey` are secrets. */
  readonly outputs: LabOutput;

  /**
   * Throws a ConfigError for a mistake in name or arguments, and a CloudError without credentials.
   *
   * @param name Name of the lab: up to 40 lower-case letters, digits and single hyphens, such as
   * `aws-s01`. All resources are named after it. `./lab` finds labs by the name of their stack.
   * @param args Arguments of the lab. Default: the article's lab on this host.
   * @param options Pulumi's options of components, such as `parent` or `protect`.
   */
  constructor(
    name: string,
    args: LabArgs | LabConfig = {},
    options?: pulumi.ComponentResourceOptions,
  ) {
    const config = validated(name, args);
    // Before `super`: without a provider, credentials or a project, no resource is created.
    requireProvider();
    const cloudOfLab = loadCloud(config);
    super('hardway:lab:Lab', name, {}, options);

    const topology = plan(config);
    this.topology = topology;
    const sshKey = new SshKey('ssh-key', { comment: `ubuntu@${name}` }, { parent: this });
    const tags = this.tags(name, config);
    const cloud = buildCloud(cloudOfLab, {
      lab: name,
      config,
      topology,
      sshKey,
      tags,
      parent: this,
    });
    const certificates = this.certificates(config, topology, cloud);
    const ready = this.bootstrap(config, topology, cloud, certificates);

    this.outputs = outputsOf({ name, config, topology, tags, cloud, sshKey, certificates, ready });
    this.registerOutputs({});
  }

  private tags(lab: string, { student, expires }: LabConfig): Tags {
    return {
      lab,
      state: new LabId('state', {}, { parent: this }).value,
      student: student || lab,
      expires: expires && new Deadline('expires', { after: expires }, { parent: this }).time,
    };
  }

  private certificates(config: LabConfig, topology: Topology, cloud: CloudResult): Certificates {
    const publicIps = Object.fromEntries(
      cloud.machines
        .filter((machine) => machine.isPublic)
        .map((machine) => [machine.name, machine.publicIp]),
    );
    return new Certificates(
      'pki',
      {
        topology,
        apiAddress: cloud.apiAddress,
        publicIps,
        loadBalancer: balancesServices(config),
      },
      { parent: this },
    );
  }

  private bootstrap(
    config: LabConfig,
    topology: Topology,
    cloud: CloudResult,
    certificates: Certificates,
  ): pulumi.Output<string> {
    const isCloud = config.cloud !== 'local';
    const {
      machines,
      imageMirror,
      disposable,
      reachable,
      downloads,
      upstreamResolvers,
      metadataWall,
      metadataWall6,
      apiAddress,
      balancer,
      serviceAddresses,
    } = cloud;
    const bootstrap = new Bootstrap(
      'bootstrap',
      {
        topology,
        config,
        machines,
        reachable,
        // Local machines boot in seconds, and no firewall of a cloud is between them and the host.
        logins: isCloud ? waitForLogins({ machines, reachable, config }, this) : undefined,
        certificates,
        imageMirror,
        disposable,
        downloads,
        upstreamResolvers,
        metadataWall,
        metadataWall6,
        serviceAddresses,
      },
      { parent: this },
    );
    if (isCloud && reaches(config.stage, 'network'))
      waitForApi(
        {
          config,
          address: apiAddress,
          caCertificate: certificates.ca.certificate,
          bootstrapped: bootstrap.ready,
          balancer,
        },
        this,
      );
    if (certificates.serviceController)
      cloud.balanceServices?.({
        kubeconfig: certificates.kubeconfig(
          certificates.serviceController,
          pulumi.interpolate`https://${apiAddress}:${topology.apiPort}`,
        ),
        ready: bootstrap.commands,
      });
    return bootstrap.ready;
  }
}

interface Parts {
  name: string;
  config: LabConfig;
  topology: Topology;
  tags: Tags;
  cloud: CloudResult;
  sshKey: SshKey;
  certificates: Certificates;
  ready: pulumi.Output<string>;
}

/** Returns one known_hosts line for each machine, so that users can verify its host key. */
const knownHosts = (machines: Machine[]): pulumi.Output<string> =>
  pulumi
    .all(
      machines.map(
        (machine) => pulumi.interpolate`${machine.connection.host} ${machine.connection.hostKey}`,
      ),
    )
    .apply((lines) => lines.map((line) => `${line.trim()}\n`).join(''));

function outputsOf({
  name,
  config,
  topology,
  tags,
  cloud,
  sshKey,
  certificates,
  ready,
}: Parts): LabOutput {
  const firstWorker = cloud.machines.find((machine) => machine.role === 'worker')!;
  let kubeconfig = pulumi.secret('');
  if (reaches(config.stage, 'network')) kubeconfig = certificates.adminKubeconfig;
  return {
    lab: pulumi.output(name),
    config: pulumi.output(describeConfig(config)),
    nodes: pulumi.output(
      cloud.machines.map(({ name, privateIp, publicIp, assignedIp6 }) => ({
        name,
        privateIp,
        publicIp,
        ...fieldsIf(assignedIp6, { privateIp6: assignedIp6 }),
      })),
    ),
    apiServer: pulumi.interpolate`https://${cloud.apiAddress}:${topology.apiPort}`,
    nodePortUrl: pulumi.interpolate`http://${(firstWorker.through ?? firstWorker).publicIp}:${ARTICLE_NODE_PORT}`,
    knownHosts: knownHosts(cloud.machines),
    kubeconfig,
    sshPrivateKey: sshKey.privateKey,
    expires: pulumi.output(tags.expires),
    bootstrapped: ready,
    ...fieldsIf(cloud.serviceAddresses.length > 0, {
      loadBalancers: pulumi.output(cloud.serviceAddresses),
    }),
    ...fieldsIf(cloud.router, { router: cloud.router }),
    ...fieldsIf(cloud.jump, { jump: cloud.jump }),
  };
}
