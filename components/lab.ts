import * as pulumi from '@pulumi/pulumi';
import { Deadline, LabId, SshKey } from '../provider/resources';
import { Bootstrap } from './bootstrap';
import { Certificates } from './pki/certificates';
import { buildCloud, type CloudResult, loadCloud, type Tags } from './cloud';
import { type LabConfig, reaches } from './config';
import type { Machine } from './machine';
import { waitForApi, waitForLogins } from './reachable';
import { describeConfig, type StackOutputs } from './outputs';
import { topology as plan, type Topology } from './topology';

/** NodePort of the article's nginx. */
const ARTICLE_NODE_PORT = 31088;

/** A lab: a network plan, a cloud's machines, and a cluster on them. */
export class Lab extends pulumi.ComponentResource {
  readonly outputs: { [K in keyof StackOutputs]: pulumi.Input<StackOutputs[K]> };

  /** `name` is the stack's name, for example `aws-s01`: all resources are named after it. */
  constructor(name: string, config: LabConfig, options?: pulumi.ComponentResourceOptions) {
    // Before `super`: without credentials or a project, no resource is created.
    const cloudOfLab = loadCloud(config);
    super('hardway:lab:Lab', name, {}, options);

    const topology = plan(config);
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
    const certificates = this.certificates(topology, cloud);
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

  private certificates(topology: Topology, cloud: CloudResult): Certificates {
    const publicIps = Object.fromEntries(
      cloud.machines
        .filter((machine) => machine.isPublic)
        .map((machine) => [machine.name, machine.publicIp]),
    );
    return new Certificates(
      'pki',
      { topology, apiAddress: cloud.apiAddress, publicIps },
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
      apiAddress,
      balancer,
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
}: Parts): Lab['outputs'] {
  const firstWorker = cloud.machines.find((machine) => machine.role === 'worker')!;
  return {
    lab: name,
    config: describeConfig(config),
    nodes: cloud.machines.map((machine) => ({
      name: machine.name,
      privateIp: machine.privateIp,
      publicIp: machine.publicIp,
    })) as never,
    apiServer: pulumi.interpolate`https://${cloud.apiAddress}:${topology.apiPort}`,
    nodePortUrl: pulumi.interpolate`http://${(firstWorker.through ?? firstWorker).publicIp}:${ARTICLE_NODE_PORT}`,
    knownHosts: knownHosts(cloud.machines),
    kubeconfig: reaches(config.stage, 'network') ? certificates.adminKubeconfig : pulumi.secret(''),
    sshPrivateKey: sshKey.privateKey,
    expires: tags.expires,
    bootstrapped: ready,
    ...(cloud.router ? { router: cloud.router } : {}),
    ...(cloud.jump ? { jump: cloud.jump } : {}),
  };
}
