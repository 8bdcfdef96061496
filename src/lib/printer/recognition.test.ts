import { describe, expect, test } from 'vitest';
import { identityOf, recognise, remembered } from './recognition.ts';

const marlin = { family: 'marlin', name: 'Marlin 2.1.2', capabilities: {} } as const;
const ch340 = { usbVendorId: 0x1a86, usbProductId: 0x7523 };
const ender = (uuid: string) => identityOf({ ...marlin, machine: 'Ender-3', uuid }, ch340);

describe('a printer that comes back', () => {
  test('is known by its UUID, also on another USB port, and after its firmware was renewed', () => {
    const known = [
      { id: 'left', identity: ender('11111111-aaaa-4000-8000-000000000001') },
      { id: 'right', identity: ender('11111111-aaaa-4000-8000-000000000002') },
    ];
    const seen = identityOf(
      { ...marlin, name: 'Marlin 2.2', machine: 'Ender-3', uuid: '11111111-AAAA-4000-8000-000000000002' },
      { usbVendorId: 0x0403, usbProductId: 0x6001 },
    );
    expect(recognise(seen, known)).toEqual({ kind: 'same', id: 'right', by: 'uuid' });
  });

  test('is not known by the UUID that every Marlin has', () => {
    const stock = identityOf({ ...marlin, uuid: 'cede2a2f-41a2-4748-9b12-c55c62f367ff' });
    expect(stock.uuid).toBeUndefined();
    expect(recognise(stock, [{ id: 'other', identity: stock }])).toEqual({ kind: 'new' });
  });

  test('is known by the serial number of its USB port, where there is one, and it is its own', () => {
    const usb = { usbVendorId: 0x2c99, usbProductId: 2, usbSerial: 'CZPX1820X004XC34567' };
    const seen = identityOf(undefined, usb);
    const known = [
      { id: 'mini', identity: identityOf(undefined, { ...usb, usbSerial: 'CZPX0001' }) },
      { id: 'mk3', identity: seen },
    ];
    expect(recognise(seen, known)).toEqual({ kind: 'same', id: 'mk3', by: 'usb-serial' });
    expect(identityOf(undefined, { ...usb, usbSerial: '0000' }).usbSerial).toBeUndefined();
  });

  test('that only looks like one of before is asked about, the likeliest first', () => {
    const plain = identityOf({ ...marlin, machine: 'Ender-3' }, ch340);
    const known = [
      { id: 'same board', identity: identityOf(undefined, ch340) },
      { id: 'same kind', identity: plain },
    ];
    expect(recognise(plain, known)).toEqual({ kind: 'ask', ids: ['same kind', 'same board'] });
  });

  test('with another UUID is another printer, however alike', () => {
    const known = [{ id: 'left', identity: ender('11111111-aaaa-4000-8000-000000000001') }];
    expect(recognise(ender('22222222-aaaa-4000-8000-000000000001'), known)).toEqual({ kind: 'new' });
  });

  test('is never one that is connected at this moment', () => {
    const left = ender('11111111-aaaa-4000-8000-000000000001');
    expect(recognise(left, [{ id: 'left', identity: left }], new Set(['left']))).toEqual({ kind: 'new' });
  });

  test('with a UUID that two printers share is asked about', () => {
    const copied = ender('33333333-aaaa-4000-8000-000000000001');
    const known = [
      { id: 'a', identity: copied },
      { id: 'b', identity: copied },
    ];
    expect(recognise(copied, known)).toEqual({ kind: 'ask', ids: ['a', 'b'] });
    // One of them is here already: then it is the other.
    expect(recognise(copied, known, new Set(['a']))).toEqual({ kind: 'same', id: 'b', by: 'uuid' });
  });

  test('keeps what was known of it when its firmware says less', () => {
    const full = ender('11111111-aaaa-4000-8000-000000000001');
    expect(remembered(full, identityOf(undefined, ch340))).toEqual(full);
  });
});
