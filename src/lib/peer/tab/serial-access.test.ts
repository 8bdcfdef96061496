import { expect, test } from 'vitest';
import { serialAccess } from './serial-access.ts';

test('a desktop browser with Web Serial is used as it is', () => {
  expect(serialAccess({ serial: true, usb: true, android: false })).toMatchObject({
    available: true,
    kind: 'web-serial',
  });
});

test('Android goes through WebUSB, and the page says which boards that reaches', () => {
  const access = serialAccess({ serial: true, usb: true, android: true });
  expect(access).toMatchObject({ available: true, kind: 'web-usb' });
  expect(access.text).toMatch(/CH340/);
  expect(serialAccess({ serial: false, usb: true, android: false }).kind).toBe('web-usb');
});

test('a browser with neither says what to use instead, and what still works here', () => {
  const access = serialAccess({ serial: false, usb: false, android: false });
  expect(access).toMatchObject({ available: false, kind: 'none' });
  expect(access.text).toMatch(/Chrome, Edge or Firefox.*add jobs and watch/);
});
