"""Why the simulator stops, each with its exit code."""


class SimulatorError(Exception):
    exit_code = 5


class BadState(SimulatorError):
    exit_code = 2


class Unauthorised(SimulatorError):
    exit_code = 3


class Unreachable(SimulatorError):
    exit_code = 4


class Refused(SimulatorError):
    exit_code = 5


class UnknownPlacement(SimulatorError):
    exit_code = 5


class Abandoned(SimulatorError):
    exit_code = 6
