const EVERY_FAULT = [
  'F01',
  'F02',
  'F03',
  'F04',
  'F05',
  'F06',
  'F07',
  'F08',
  'F09',
  'F10',
  'F11',
  'F12',
  'F13',
  'F14',
  'F15',
  'F16',
  'F17',
  'F18',
  'F19',
  'F20',
  'F21',
  'F22',
  'F23',
  'F24',
  'F25',
  'F26',
  'F27',
  'F28',
] as const

export type FaultId = (typeof EVERY_FAULT)[number]
export type Faults = ReadonlySet<FaultId>

export function faultsFor(planted: boolean): Faults {
  return new Set(planted ? EVERY_FAULT : [])
}
