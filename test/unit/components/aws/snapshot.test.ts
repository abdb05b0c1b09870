import { graphText } from '../../../support/graph-text';
import { graphOn } from '../../../support/aws-graph';

// `npx jest --selectProjects unit -u` writes them anew: read the difference before you keep it.
test.each(['full', 'small'])('AWS’s resources in profile %s', async (profile) => {
  expect(
    graphText((await graphOn({ profile })).all.filter(({ type }) => type.startsWith('aws:'))),
  ).toMatchSnapshot();
});
