import { textIf } from '../../util/optional';

/** A common failure of a first run in a cloud: one sentence and its fix. */
export interface CloudFailure {
  message: string;
  cure: string;
}

interface Known {
  /** Pattern in the text of the provider or the engine. */
  text: RegExp;
  /** Describes the failure. `match` is the match of `text`. */
  says(match: RegExpExecArray): CloudFailure;
}

const said = (message: string, cure: string) => (): CloudFailure => ({ message, cure });

/** Known failures, each with the source of its text. The first match counts. */
const KNOWN: Known[] = [
  {
    // pulumi/pulumi-aws#3023
    text: /the SSO session has expired or is invalid|SSOProviderInvalidToken|ExpiredToken\b/,
    says: said(
      'Your login to AWS has expired.',
      'aws sso login (with --profile, if AWS_PROFILE is set), then run the same command again',
    ),
  },
  {
    // pulumi/pulumi-aws#3023, of providers from version 6 on
    text: /no valid credential sources for (Pulumi|Terraform) AWS/,
    says: said(
      'AWS does not know who you are: the provider finds no credentials.',
      'aws configure, or aws sso login, or set AWS_PROFILE; ./lab doctor --cloud aws tries them',
    ),
  },
  {
    // StreisandEffect/streisand#1715, bentoml/bentoctl#202
    text: /VcpuLimitExceeded[^]*?current vCPU limit of (\d+)/,
    says: ([, limit]) => ({
      message: `AWS allows ${limit} ${limit === '1' ? 'processor' : 'processors'} at once in this region, and the lab needs more.`,
      cure: 'ask for more (Service Quotas, EC2, "Running On-Demand Standard instances"), or a smaller lab: --set profile=small',
    }),
  },
  {
    // coreos/tectonic-forum#196
    text: /AddressLimitExceeded|VpcLimitExceeded/,
    says: ([code]) => ({
      message: `AWS allows no more ${code.startsWith('Vpc') ? 'VPCs' : 'public addresses'} in this region (${code}).`,
      cure: './lab audit --cloud aws lists what labs have; remove some, or ask for more at Service Quotas',
    }),
  },
  {
    // dtan4/terraforming#411
    text: /OptInRequired|You are not subscribed to this service|PendingVerification/,
    says: said(
      'AWS has not activated this account, or this region of it, yet.',
      'finish the registration at https://console.aws.amazon.com/billing (payment, phone); for some regions: Account, "AWS Regions"',
    ),
  },
  {
    // API reference of EC2, "Common client errors"
    text: /UnauthorizedOperation|AccessDenied(?:Exception)?\b|is not authorized to perform: ([\w:]+)/,
    says: ([, action]) => ({
      message: `Your AWS credentials may not do this${textIf(action, `: ${action}`)}.`,
      cure: 'use credentials with the rights to change EC2, VPC and load balancers (docs/guides/aws.md)',
    }),
  },
  {
    // midl-dev/tezos-on-gke#34, hashicorp/terraform#19912
    text: /API has not been used in project (\S+) before or it is disabled|accessNotConfigured/,
    says: ([, project = 'PROJECT']) => ({
      message: `The Compute Engine API is off in project ${project}.`,
      cure: `gcloud services enable compute.googleapis.com --project ${project}; after some minutes the same command again`,
    }),
  },
  {
    // GoogleCloudPlatform/java-docs-samples#276, kyegomez/zeta#71
    text: /has billing disabled|Billing must be enabled|UREQ_PROJECT_BILLING_NOT_FOUND/,
    says: said(
      'The Google Cloud project has no billing account, and without one it can make nothing.',
      'link one at https://console.cloud.google.com/billing/linkedaccount, then run the same command again',
    ),
  },
  {
    // mesosphere-backup/terraform-dcos#61
    text: /Quota '(\w+)' exceeded\.\s+Limit: ([\d.]+) (?:in region (\S+?)|globally)\.?(?:$|[\s,])/m,
    says: ([, metric, limit, region]) => ({
      message: `Google Cloud's quota ${metric} is ${Number(limit)} ${region ? `in ${region}` : 'for the project'}, and the lab needs more.`,
      cure: 'ask for more at https://console.cloud.google.com/iam-admin/quotas, or a smaller lab: --set profile=small',
    }),
  },
  {
    // hashicorp/terraform#18873, udacity/devops-intro-project#77
    text: /Required '([\w.]+)' permission for '?projects\/([^/']+)/,
    says: ([, permission, project]) => ({
      message: `Your Google Cloud login lacks ${permission} in project ${project}.`,
      cure: `the role "Compute Admin" (roles/compute.admin) in project ${project}, or another project: --set project=ID`,
    }),
  },
  {
    // pulumi/actions#779, localstack/pulumi-local#4
    text: /Could not automatically download and install resource plugin '([\w-]+)'|failed to download plugin: ([\w-]+?)-\d/i,
    says: ([, whole, name]) => ({
      message: `The engine can't download its plugin ${whole ?? `pulumi-resource-${name}`}: this network has no way to get.pulumi.com or github.com.`,
      cure: 'allow both, or set https_proxy; or fetch the plugin elsewhere: pulumi plugin install resource NAME VERSION --file FILE, after eval "$(./lab env)"',
    }),
  },
  {
    // pulumi-command v1.2.1, connection.go: without a limit of attempts, the end of the time hides the last error
    text: /context deadline exceeded/,
    says: said(
      'SSH to a node did not work in time: the node did not boot, or a firewall blocks SSH.',
      'is adminCidrs (auto, by default) the address that port 22 is reached from? VPN and proxy may show another: --set adminCidrs=CIDR',
    ),
  },
  {
    // command-plugin/dial.ts, and pulumi-command v1.2.1, connection.go. A gateway that closed every
    // login for 12 s was seen once: rehearsal/README.md
    text: /can't be reached, after (\d+) attempts: |after (\d+) failed attempts: /,
    says: ([, ours, official]) => ({
      message: `${ours ?? official} SSH logins in a row failed, at a node or at the gateway on its way.`,
      cure: 'does the node run? An sshd that is restarting or overloaded refuses logins: wait a minute',
    }),
  },
];

/** Explains an engine's text; `undefined` if no known failure of a cloud is in it. */
export function cloudFailure(text: string): CloudFailure | undefined {
  for (const { text: pattern, says } of KNOWN) {
    const match = pattern.exec(text);
    if (match) return says(match);
  }
  return undefined;
}
