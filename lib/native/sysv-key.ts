/** native/sysv/key.cc */
export interface SysvKey {
  ftok(pathname: string, project: number): number;
}
