{
  "variables": {
    # -Dwarnings_as_errors=1 (scripts/build-addon.mjs sets it when CI is set).
    "warnings_as_errors%": 0,
    # 0 where a sanitizer has to see the C++ runtime.
    "static_runtime%": 1
  },
  "targets": [
    {
      "target_name": "posix_ipc",
      "dependencies": [
        "<!(node -p \"require('node-addon-api').targets\"):node_addon_api_except"
      ],
      # Listed when the project is configured: build-addon configures each time, so a new file is seen.
      "sources": ["<!@(find native/ -name '*.cc' | LC_ALL=C sort)"],
      "include_dirs": ["native", "native/include"],
      # The second: in a worker that is being terminated nothing can be thrown; node-addon-api would
      # let a C++ exception out of the callback, and end the process.
      "defines": ["NAPI_VERSION=9", "NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS"],
      "cflags": ["-Wall", "-Wextra", "-fvisibility=hidden"],
      "cflags!": ["-Wno-unused-parameter"],
      "cflags_cc!": ["-std=gnu++17", "-std=gnu++20", "-fno-rtti"],
      "cflags_cc": ["-std=c++20", "-fvisibility-inlines-hidden"],
      # Never unmapped, although a worker that ends closes the library: the wake-up signal's handler
      # and the at-exit handler stay.
      "ldflags": ["-Wl,-z,nodelete"],
      "conditions": [
        ["warnings_as_errors==1", {"cflags": ["-Werror"]}]
      ],
      "configurations": {
        "Release": {
          "cflags!": ["-O3"],
          "cflags": ["-O2"],
          "conditions": [
            # The C++ library goes into the binary, so that it loads where libstdc++ is older, and
            # stays hidden, so that what is not used is left out and nothing meets Node's own copy.
            # libgcc does not: every Node has it, and a copy would ask for a newer glibc.
            ["static_runtime==1", {
              "ldflags": ["-static-libstdc++", "-Wl,--exclude-libs,ALL", "-Wl,--gc-sections"]
            }]
          ]
        }
      }
    }
  ]
}
