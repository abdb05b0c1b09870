import { graphText } from '../../../support/graph-text';
import { graphOn } from '../../../support/aws-graph';

// `npx jest --selectProjects unit -u` writes new snapshots: read the difference before you keep it.
test.each(['full', 'small'])(
  'AWS’s resources match the snapshot in profile %s',
  async (profile) => {
    expect(
      graphText((await graphOn({ profile })).all.filter(({ type }) => type.startsWith('aws:'))),
    ).toMatchSnapshot();
  },
);
