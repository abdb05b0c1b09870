import { HEALTH_PORT, type BalancedService } from '../../components/balanced-services';
import type { LabOutputs } from '../../components/outputs';
import { ifPresent } from '../../util/optional';
import { problemUnless } from '../../util/problems';
import type { Evidence } from '../check';
import { kubectl, type LabUnderTest } from '../lab';

/** Part of a Service of the Kubernetes API that is compared with `loadBalancers`. */
interface ServiceObject {
  spec: {
    type?: string;
    externalTrafficPolicy?: string;
    healthCheckNodePort?: number;
    ports?: { port: number; nodePort?: number }[];
  };
  status?: { loadBalancer?: { ingress?: { ip?: string }[] } };
}

/** Compares a service with its entries in `loadBalancers`. Returns one phrase for each difference. */
export function serviceProblems(
  { service, ports, healthPort }: BalancedService,
  address: string,
  found: ServiceObject | undefined,
): string[] {
  if (!found)
    return [`the service ${service} does not exist: create it, or remove it from loadBalancers`];
  const { spec, status } = found;
  if (spec.type !== 'LoadBalancer')
    return [`the service ${service} is of type ${spec.type}, expected LoadBalancer`];
  const has = status?.loadBalancer?.ingress?.[0]?.ip ?? 'no address';
  let health: number | undefined = HEALTH_PORT;
  if (spec.externalTrafficPolicy === 'Local') health = spec.healthCheckNodePort;
  return [
    ...problemUnless(has === address, `the service ${service} has ${has}, expected ${address}`),
    ...ports.flatMap(({ port, nodePort }) => {
      const actual = spec.ports?.find((one) => one.port === port);
      if (!actual) return [`the service ${service} has no port ${port}`];
      return problemUnless(
        actual.nodePort === nodePort,
        `port ${port} of ${service} has NodePort ${actual.nodePort}, expected ${nodePort}: set nodePort in the service`,
      );
    }),
    ...problemUnless(
      health === healthPort,
      `kube-proxy answers for ${service} at port ${health}, and the balancer asks port ${healthPort}`,
    ),
  ];
}

/** Reason why a row does not apply to a cloud; `undefined` on local labs. */
export function skippedOnClouds({ cloud }: LabOutputs): string | undefined {
  if (cloud === 'local') return undefined;
  return `on ${cloud} only services in loadBalancers have a balancer, and verify creates none of them`;
}

/** Compares each service of `loadBalancers` with the config and the address of its balancer. */
export async function cloudAddresses(lab: LabUnderTest): Promise<Evidence> {
  const services = lab.topology.balancedServices ?? [];
  const addresses = new Map(
    lab.outputs.loadBalancers?.map(({ service, address }) => [service, address]),
  );
  const lines: string[] = [];
  const problems: string[] = [];
  for (const one of services) {
    const [namespace, name] = one.service.split('/');
    const get = ['-n', namespace, 'get', 'service', name, '--ignore-not-found'];
    const text = await kubectl(lab, [...get, '-o', 'json']);
    const found = ifPresent(text.trim(), (json) => JSON.parse(json) as ServiceObject);
    problems.push(...serviceProblems(one, addresses.get(one.service) ?? '', found));
    if (found) lines.push((await kubectl(lab, get)).trim());
  }
  return {
    node: 'laptop',
    command: 'kubectl get services --all-namespaces',
    expected: [...addresses].map(([service, address]) => `${service} has ${address}`).join(', '),
    evidence: lines.join('\n') || 'no service',
    problems,
    look: 'look at `systemctl status service-addresses` on controller-0',
  };
}
