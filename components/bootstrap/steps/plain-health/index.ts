import { type Step, plain, script, template } from '../../step';

export const plainHealth: Step = {
  name: 'plain-health',
  description:
    'Answers /healthz over plain HTTP as the API server does over HTTPS, for a load balancer that can’t ask it itself',
  on: 'controller',
  stage: 'network',
  when: ({ plainHealth }) => plainHealth !== undefined,
  units: ['plain-health.socket'],
  files: (_, { plainHealth }) => [
    script('/opt/hardway/plain-health.sh', 'plain-health/answer.sh'),
    plain(
      '/etc/systemd/system/plain-health@.service',
      template('plain-health/plain-health@.service'),
    ),
    plain(
      '/etc/systemd/system/plain-health.socket',
      template('plain-health/plain-health.socket', { PORT: plainHealth! }),
    ),
  ],
};
