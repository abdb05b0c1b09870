import { graphText } from '../support/graph-text';
import { graph } from './aws-graph';

// `npx jest --selectProjects unit -u` writes them anew: read the difference before you keep it.
test.each(['full', 'small'])('AWS’s resources in profile %s', async (profile) => {
  const { all } = await graph({ profile });
  expect(graphText(all.filter(({ type }) => type.startsWith('aws:')))).toMatchSnapshot();
});
