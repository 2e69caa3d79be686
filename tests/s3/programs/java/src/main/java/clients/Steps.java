package clients;

import java.util.Arrays;
import java.util.Random;

/** What the programs have in common: where to go, what to write, how to report. */
final class Steps {
  static final String KEY = "dir/hello.txt";
  static final String BIG_KEY = "dir/big.bin";
  static final byte[] HELLO = "hello\n".getBytes();
  static final byte[] AGAIN = "hello again\n".getBytes();

  interface Step {
    void run() throws Exception;
  }

  private Steps() {}

  static String told(String name) {
    return System.getenv(name);
  }

  static byte[] big() {
    byte[] data = new byte[17 * 1024 * 1024];
    new Random(1).nextBytes(data);
    return data;
  }

  static void run(String name, Step step) throws Exception {
    step.run();
    System.out.println("step " + name);
    System.out.flush();
  }

  static void check(boolean holds, String what) {
    if (!holds) {
      throw new IllegalStateException(what);
    }
  }

  static void same(byte[] actual, byte[] expected) {
    check(Arrays.equals(actual, expected), actual.length + " bytes that are not those written");
  }
}
