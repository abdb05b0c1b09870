import { messageOf } from '../../../util/error-message';

test('the message of an error has no "Error:" before it', () => {
  expect(messageOf(new TypeError('no such lab'))).toBe('no such lab');
});

test('a thrown value that is no error is shown as text', () => {
  expect(messageOf('no such lab')).toBe('no such lab');
  expect(messageOf(undefined)).toBe('undefined');
});
