import { describeGraph } from '../support/graph';
import { graphOn } from './aws-graph';

// `npx jest --selectProjects unit -u` writes them anew: read the difference before you keep it.
test.each(['full', 'small'])('AWS’s resources in profile %s', async (profile) => {
  expect(describeGraph(await graphOn({ profile }), ({ type }) => type.startsWith('aws:'))).toMatchSnapshot();
});
