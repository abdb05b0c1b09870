import { servePage } from '../../../../cli/ui/serve-page';

test('a page ends when there is a reason, and prints the reason', async () => {
  const printed: string[] = [];
  const write = jest.spyOn(process.stdout, 'write').mockImplementation((text) => {
    printed.push(String(text));
    return true;
  });
  let isGone = false;
  await servePage({
    page: { sources: 'tour/page', values: { lab: 'local' } },
    title: 'The tour of lab local',
    about: () => {
      setTimeout(() => (isGone = true), 100);
      return ['Open it in a browser.'];
    },
    onBrowser: () => undefined,
    endReason: () => (isGone ? 'the lab was removed' : undefined),
  });
  write.mockRestore();
  expect(printed.join('')).toMatch(
    /^The tour of lab local is at http:\/\/127\.0\.0\.1:\d+\/\S+\/\nOpen it in a browser\.\nThe tour of lab local ends: the lab was removed\.\n$/,
  );
});
