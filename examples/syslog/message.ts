/** Messages as syslog(3) sends them: `<PRIORITY>Mmm dd hh:mm:ss TAG[PID]: TEXT`. */

export const severities = [
  ...['emerg', 'alert', 'crit', 'err'],
  ...['warning', 'notice', 'info', 'debug'],
] as const;
export type Severity = (typeof severities)[number];

/** LOG_USER of syslog.h: what a program is that says nothing else. */
const userFacility = 1;

const months = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');

function stamp(time: Date): string {
  const clock = [time.getHours(), time.getMinutes(), time.getSeconds()];
  const digits = clock.map((part) => String(part).padStart(2, '0')).join(':');
  return `${months[time.getMonth()] ?? ''} ${String(time.getDate()).padStart(2)} ${digits}`;
}

export function format(severity: Severity, tag: string, text: string, time = new Date()): string {
  const priority = userFacility * 8 + severities.indexOf(severity);
  return `<${String(priority)}>${stamp(time)} ${tag}[${String(process.pid)}]: ${text}`;
}

export interface Entry {
  severity: Severity;
  /** With the tag, where there is one. */
  text: string;
}

/** Time and tag are what the sender says; some send neither, some a zero byte at the end. */
export function parse(message: string): Entry {
  const match = /^(?:<(\d{1,3})>)?(?:[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d )?(.*?)[\n\0]*$/s.exec(
    message,
  );
  const severity = severities[Number(match?.[1] ?? 13) % 8] ?? 'notice';
  return { severity, text: match?.[2] ?? '' };
}
