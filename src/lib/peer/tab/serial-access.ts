import { type Result, ok, refuse } from '../../base/index.ts';
import type { LinkTarget } from '../../printer/port.ts';
import type { SerialAccess } from '../printer-api.ts';

/** The part of WebUSB that is used: choosing a device. Its bytes go through web-serial-polyfill, in the print worker. */
interface UsbLike {
  requestDevice(options: { filters: readonly { classCode: number }[] }): Promise<UsbDeviceLike>;
  getDevices(): Promise<readonly UsbDeviceLike[]>;
}
interface UsbDeviceLike {
  readonly vendorId: number;
  readonly productId: number;
  readonly serialNumber?: string;
}

/** USB's class for devices that are a serial port by themselves: the only ones that WebUSB can reach so. */
const communicationsClass = 2;

/** What a browser offers for printers. `navigator.serial` alone proves nothing on Android: there it may mean Bluetooth only. */
export function serialAccess(browser: {
  readonly serial: boolean;
  readonly usb: boolean;
  readonly android: boolean;
}): SerialAccess {
  if (browser.serial && !(browser.android && browser.usb)) {
    return {
      available: true,
      kind: 'web-serial',
      text: browser.android
        ? 'This phone’s browser may reach printers by cable. If its list stays empty, it cannot.'
        : 'Connect a printer by USB.',
    };
  }
  if (browser.usb) {
    return {
      available: true,
      kind: 'web-usb',
      text:
        'This browser reaches only printers whose board has a USB port of its own (Prusa, most 32-bit boards). ' +
        'Boards with a CH340, CP210x or FTDI chip, as in most Enders, need Chrome, Edge or Firefox on a computer.',
    };
  }
  return {
    available: false,
    kind: 'none',
    text: 'This browser cannot talk to USB printers. Use Chrome, Edge or Firefox on a computer; here you can add jobs and watch.',
  };
}

export function accessOfThisBrowser(): SerialAccess {
  return serialAccess({
    serial: 'serial' in navigator,
    usb: 'usb' in navigator,
    android: /Android/.test(navigator.userAgent),
  });
}

/** A port that a person chose: where it is, in words that stay the same, and how the print worker finds it. */
export interface ChosenPort {
  readonly place: string;
  readonly target: Extract<LinkTarget, { kind: 'web-serial' | 'web-usb' }>;
}

/** Lets the person choose a port. Needs a click. */
export async function choosePort(
  kind: SerialAccess['kind'],
  baud: number | undefined,
): Promise<Result<ChosenPort>> {
  try {
    const chosen = kind === 'web-usb' ? await chooseUsb() : await chooseSerial();
    const { vendor, product, serial, index } = chosen;
    return ok({
      place: `usb-${vendor ?? 0}-${product ?? 0}-${index}`,
      target: {
        kind: kind === 'web-usb' ? 'web-usb' : 'web-serial',
        info: {
          ...(vendor === undefined ? {} : { usbVendorId: vendor }),
          ...(product === undefined ? {} : { usbProductId: product }),
          ...(serial === undefined ? {} : { usbSerial: serial }),
        },
        index,
        ...(baud === undefined ? {} : { baud }),
      },
    });
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
    if (error.name === 'NotFoundError') {
      return refuse(
        'no-port',
        kind === 'web-usb'
          ? 'No printer was chosen. If the list was empty, this printer’s board has no USB port of its own: connect it to a computer.'
          : 'No port was chosen. Plug the printer in, switch it on, then try again.',
      );
    }
    if (error.name === 'SecurityError')
      return refuse(
        'port-denied',
        'This browser does not let the page ask for a port. Allow it in the site’s settings.',
      );
    throw error;
  }
}

interface Chosen {
  readonly vendor: number | undefined;
  readonly product: number | undefined;
  /** Only WebUSB tells it. */
  readonly serial?: string | undefined;
  /** Which of the equal ones. */
  readonly index: number;
}

async function chooseSerial(): Promise<Chosen> {
  const port = await navigator.serial.requestPort();
  const { usbVendorId: vendor, usbProductId: product } = port.getInfo();
  const equal = (await navigator.serial.getPorts()).filter((each) => {
    const other = each.getInfo();
    return other.usbVendorId === vendor && other.usbProductId === product;
  });
  return { vendor, product, index: Math.max(0, equal.indexOf(port)) };
}

async function chooseUsb(): Promise<Chosen> {
  const { usb } = navigator as unknown as { readonly usb: UsbLike };
  const device = await usb.requestDevice({ filters: [{ classCode: communicationsClass }] });
  const { vendorId: vendor, productId: product, serialNumber: serial } = device;
  const equal = (await usb.getDevices()).filter(
    (other) => other.vendorId === vendor && other.productId === product,
  );
  return { vendor, product, serial, index: Math.max(0, equal.indexOf(device)) };
}
