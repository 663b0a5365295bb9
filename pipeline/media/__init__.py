"""Where recordings lie: local paths and addresses (s3://, az://, gs://, sftp://, https://), listed and opened alike."""
